"""Debian's Firefox without a window, over its own protocol (Marionette): playwright drives only a
build of its own.
"""

from __future__ import annotations

import json
import socket
import subprocess
import time
from pathlib import Path
from typing import Any, BinaryIO

from rbench.system import processes


class Firefox:
    """One that is told what to do.

    Args:
        path: of the program.
        profile: an empty folder.
    """

    def __init__(self, path: str, profile: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        (profile / "user.js").write_text(
            f'user_pref("marionette.port", {port});\n'
            'user_pref("datareporting.policy.dataSubmissionEnabled", false);\n'
        )
        self.process = subprocess.Popen(
            [path, "--headless", "--no-remote", "--marionette", "--profile", str(profile)],
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._stream, self._count = _connected(port), 0
        self._read()
        self("WebDriver:NewSession", {})

    def __call__(self, name: str, arguments: dict[str, Any]) -> Any:
        """Give a command, and wait for what it gives."""
        self._count += 1
        content = json.dumps([0, self._count, name, arguments]).encode()
        self._stream.write(b"%d:%s" % (len(content), content))
        self._stream.flush()
        _, _, error, found = self._read()
        if error is not None:
            raise RuntimeError(f"firefox: {name}: {error}")
        return found

    def open(self, address: str) -> None:
        """Go to a page; scripts may take a while."""
        self("WebDriver:Navigate", {"url": address})
        self("WebDriver:SetTimeouts", {"script": 100_000})

    def evaluate(self, script: str) -> Any:
        """What a script returns."""
        return self("WebDriver:ExecuteScript", {"script": script, "args": []})["value"]

    def wait(self, script: str) -> Any:
        """What a script hands to its last argument, a function, in time."""
        return self("WebDriver:ExecuteAsyncScript", {"script": script, "args": []})["value"]

    def tap(self, selector: str) -> None:
        """As a finger would: the browser looks what lies there."""
        found = self("WebDriver:FindElement", {"using": "css selector", "value": selector})
        (element,) = found["value"].values()
        self("WebDriver:ElementClick", {"id": element})

    def close(self) -> None:
        """End it, and all that it started."""
        processes.end(self.process)

    def _read(self) -> Any:
        digits = b""
        while not digits.endswith(b":"):
            digits += self._stream.read(1)
        return json.loads(self._stream.read(int(digits[:-1])))


def _connected(port: int) -> BinaryIO:
    for _ in range(600):
        try:
            line = socket.create_connection(("127.0.0.1", port), timeout=120)
        except OSError:
            time.sleep(0.1)
        else:
            return line.makefile("rwb")
    raise RuntimeError("firefox does not answer")
