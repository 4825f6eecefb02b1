"""The page in Firefox, over its own protocol: playwright cannot drive Debian's."""

import json
import shutil
import socket
import subprocess
import time

import pytest

from rbench.demo import demo
from rbench.system import processes

pytestmark = pytest.mark.browser
TAPS = 60
STATE = """
const done = arguments[0];
(async () => {
  const pause = () => new Promise((go) => setTimeout(go, 5));
  const taps = () => performance.getEntriesByName("tap").length;
  while (!document.documentElement.dataset.ready || taps() < %d) await pause();
  const listed = [...document.querySelectorAll(".column li")].map((row) => +row.dataset.item);
  const touched = JSON.parse(Object.values(localStorage)[0] ?? "[]");
  const resources = performance.getEntriesByType("resource").map((one) => one.name);
  return { listed, touched, resources };
})().then(done, (error) => done(String(error)));
"""
"""Once so many taps have their painted list."""
REASONS = "return document.querySelectorAll('.why bdi').length"


class Firefox:
    """One without a window, told what to do over its Marionette port."""

    def __init__(self, path, profile):
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
        self.stream, self.count = self._connected(port), 0
        self._read()
        self("WebDriver:NewSession", {})

    def _connected(self, port):
        for _ in range(600):
            try:
                return socket.create_connection(("127.0.0.1", port), timeout=120).makefile("rwb")
            except OSError:
                time.sleep(0.1)
        raise AssertionError("firefox does not answer")

    def __call__(self, name, arguments):
        self.count += 1
        content = json.dumps([0, self.count, name, arguments]).encode()
        self.stream.write(b"%d:%s" % (len(content), content))
        self.stream.flush()
        _, _, error, found = self._read()
        assert error is None, error
        return found

    def _read(self):
        digits = b""
        while not digits.endswith(b":"):
            digits += self.stream.read(1)
        return json.loads(self.stream.read(int(digits[:-1])))


@pytest.fixture
def firefox(tmp_path):
    path = shutil.which("firefox-esr") or shutil.which("firefox")
    if path is None:
        pytest.skip("no firefox: apt-get install firefox-esr")
    profile = tmp_path / "profile"
    profile.mkdir()
    made = Firefox(path, profile)
    yield made
    processes.end(made.process)


def state(firefox, taps):
    words = {"script": STATE % taps, "args": []}
    found = firefox("WebDriver:ExecuteAsyncScript", words)["value"]
    assert isinstance(found, dict), found
    return found


def tap(firefox, selector):
    """As a finger would: the browser looks what lies there."""
    found = firefox("WebDriver:FindElement", {"using": "css selector", "value": selector})
    (element,) = found["value"].values()
    firefox("WebDriver:ElementClick", {"id": element})


def test_sixty_taps_are_answered_there_too(made, real_runtime, firefox, tmp_path):
    path = tmp_path / "demo.html"
    demo(made, ("bow/float32",)).write(path)
    firefox("WebDriver:Navigate", {"url": path.as_uri()})
    firefox("WebDriver:SetTimeouts", {"script": 100_000})
    state(firefox, 0)
    tap(firefox, "#starters button")
    for number in range(1, TAPS):
        found = state(firefox, number)
        assert len(found["touched"]) == number
        assert len(found["listed"]) == 10
        assert not set(found["listed"]) & set(found["touched"])
        tap(firefox, f".column li:nth-child({1 + number % 10}) button")
    found = state(firefox, TAPS)
    assert len(found["touched"]) == TAPS
    assert all(name.startswith("blob:") for name in found["resources"])
    for _ in range(600):
        if firefox("WebDriver:ExecuteScript", {"script": REASONS, "args": []})["value"] >= 5:
            return
        time.sleep(0.1)
    raise AssertionError("no reason is given")
