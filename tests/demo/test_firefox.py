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
FINISHED = """
const done = arguments[0];
(async () => {
  const pause = () => new Promise((go) => setTimeout(go, 20));
  const taps = () => performance.getEntriesByName("tap").length;
  while (!document.documentElement.dataset.ready) await pause();
  document.querySelector("#starters button").click();
  const seen = [];
  for (let tap = 1; tap <= 5; tap++) {
    while (taps() < tap) await pause();
    const rows = [...document.querySelectorAll(".column li")];
    const touched = JSON.parse(Object.values(localStorage)[0]);
    seen.push(...rows.map((row) => +row.dataset.item).filter((item) => touched.includes(item)));
    rows[tap].querySelector("button").click();
  }
  while (taps() < 6) await pause();
  while (document.querySelectorAll(".why bdi").length < 5) await pause();
  const resources = performance.getEntriesByType("resource").map((one) => one.name);
  return { seen, touched: document.querySelectorAll("#history li").length, resources };
})().then(done, (error) => done(String(error)));
"""


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


def test_a_file_answers_taps_there_too(made, real_runtime, firefox, tmp_path):
    path = tmp_path / "demo.html"
    demo(made, ("bow/float32",)).write(path)
    firefox("WebDriver:Navigate", {"url": path.as_uri()})
    firefox("WebDriver:SetTimeouts", {"script": 100_000})
    found = firefox("WebDriver:ExecuteAsyncScript", {"script": FINISHED, "args": []})["value"]
    assert isinstance(found, dict), found
    assert found["seen"] == []
    assert found["touched"] == 6
    assert all(name.startswith("blob:") for name in found["resources"])
