"""The adb server that phones are asked through: the one that runs, or one of rbench's own.

adb's client starts a server where it finds none and leaves it running, and ends one that is of
another version. Here it does neither. An address of ``127.0.0.1`` is not a local one to it, other
than ``localhost``: at such it starts nothing, and says so. Then a server of our own begins on a
port of its own, and ends with this process, however that ends.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import re
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from rbench.errors import Away
from rbench.profile.tools.benchmark_model.launch import GUARDED
from rbench.system import processes

PORT = 5037
"""Where adb's server listens unless somebody says otherwise."""
VARIABLES = ("ADB_SERVER_SOCKET", "ANDROID_ADB_SERVER_ADDRESS", "ANDROID_ADB_SERVER_PORT")
START_S = 10.0
"""For a server of our own to listen."""
SETTLE_S = 1.0
"""For it to find the phones on the cables."""
POLL_S = 0.05
_MISSING = re.compile(r"cannot start server on remote host|cannot connect to daemon")
_SPEC = re.compile(r"tcp:(?:(?P<host>[^:\s]+):)?(?P<port>\d{1,5})")
LOCAL = ("localhost", "127.0.0.1")


class _Own:
    """A server that this process started."""

    def __init__(self, adb: Path, port: int) -> None:
        self.port, self._process = port, os.getpid()
        listening, self._holding = os.pipe()
        words = (str(adb), "-L", f"tcp:localhost:{port}", "nodaemon", "server")
        self.child = subprocess.Popen(
            ["/bin/sh", "-c", GUARDED, "sh", *words],
            stdin=listening,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=tempfile.gettempdir(),
            env={name: value for name, value in os.environ.items() if name not in VARIABLES},
            start_new_session=True,
        )
        os.close(listening)

    def runs(self) -> bool:
        return self.child.poll() is None if os.getpid() == self._process else True

    def end(self) -> None:
        """Does nothing in a copy of this process."""
        if os.getpid() != self._process:
            return
        with contextlib.suppress(OSError):
            os.close(self._holding)  # the guard ends the server
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.child.wait(1.0)
        processes.end(self.child)
        with contextlib.suppress(OSError, RuntimeError):
            (Path.home() / ".android" / f"adb.{self.port}").unlink(missing_ok=True)


_own: list[_Own] = []


def address() -> dict[str, str]:
    """The variables that adb's client is to be started with.

    A server elsewhere that the user has named stays as it is: adb starts none there.
    """
    if _own and _own[0].runs():
        return {"ADB_SERVER_SOCKET": _spec(_own[0].port)}
    theirs = _theirs()
    return {"ADB_SERVER_SOCKET": _spec(theirs[1])} if theirs and theirs[0] in LOCAL else {}


def is_missing(said: str) -> bool:
    """Whether the client says that no server is there, where one of our own may stand in for it."""
    return bool(address()) and bool(_MISSING.search(said))


def start(adb: Path, where: str) -> None:
    """A server of our own, until this process ends.

    Raises:
        Away: it does not begin to listen.
    """
    end()
    own = _Own(adb, _free_port())
    _own.append(own)
    until = time.monotonic() + START_S
    while own.runs() and time.monotonic() < until:
        if _ask(LOCAL[1], own.port, "host:version") is not None:
            settled = time.monotonic() + SETTLE_S
            while time.monotonic() < settled and not _ask(LOCAL[1], own.port, "host:devices"):
                time.sleep(POLL_S)
            return
        time.sleep(POLL_S)
    end()
    raise Away("adb's server cannot be started", where=where, remedy="try: adb start-server")


def end() -> None:
    """End our own server, where there is one. Nobody else's is ever ended."""
    while _own:
        _own.pop().end()


atexit.register(end)


def running_version() -> int | None:
    """Of the user's server; None where none runs."""
    theirs = None if _own else _theirs()
    answer = _ask(*theirs, "host:version") if theirs else None
    try:
        return int(answer or "", 16)
    except ValueError:
        return None


def _spec(port: int) -> str:
    return f"tcp:127.0.0.1:{port}"


def _theirs() -> tuple[str, int] | None:
    """Host and port of the user's server, as adb finds them; None: it is no address like that."""
    named = os.environ.get("ADB_SERVER_SOCKET", "")
    if named:
        found = _SPEC.fullmatch(named)
        return (found["host"] or LOCAL[0], int(found["port"])) if found else None
    host = os.environ.get("ANDROID_ADB_SERVER_ADDRESS", "") or LOCAL[0]
    port = os.environ.get("ANDROID_ADB_SERVER_PORT", "")
    return host, int(port) if re.fullmatch(r"[1-9]\d{0,4}", port) else PORT


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _ask(host: str, port: int, service: str) -> str | None:
    """A service's answer, see adb's ``SERVICES.TXT``; None without a server of adb there."""
    host = LOCAL[1] if host in LOCAL else host
    try:
        with socket.create_connection((host, port), timeout=2.0) as line:
            line.sendall(f"{len(service):04x}{service}".encode())
            with line.makefile("rb") as answers:
                if answers.read(4) != b"OKAY":
                    return None
                return answers.read(int(answers.read(4), 16)).decode(errors="replace")
    except (OSError, ValueError, OverflowError):
        return None
