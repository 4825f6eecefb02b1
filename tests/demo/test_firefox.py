"""The page in Firefox, over its own protocol: playwright cannot drive Debian's."""

import shutil
import sys
import time
from pathlib import Path

import pytest

from rbench.demo import demo

sys.path.append(str(Path(__file__).parents[2]))  # at the end: rbench is the installed one

from benchmarks.firefox import Firefox

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


@pytest.fixture
def firefox(tmp_path):
    path = shutil.which("firefox-esr") or shutil.which("firefox")
    if path is None:
        pytest.skip("no firefox: apt-get install firefox-esr")
    profile = tmp_path / "profile"
    profile.mkdir()
    made = Firefox(path, profile)
    yield made
    made.close()


def state(firefox, taps):
    found = firefox.wait(STATE % taps)
    assert isinstance(found, dict), found
    return found


def test_sixty_taps_are_answered_there_too(made, real_runtime, firefox, tmp_path):
    path = tmp_path / "demo.html"
    demo(made, ("bow/float32",)).write(path)
    firefox.open(path.as_uri())
    state(firefox, 0)
    firefox.tap("#starters button")
    for number in range(1, TAPS):
        found = state(firefox, number)
        assert len(found["touched"]) == number
        assert len(found["listed"]) == 10
        assert not set(found["listed"]) & set(found["touched"])
        firefox.tap(f".column li:nth-child({1 + number % 10}) button")
    found = state(firefox, TAPS)
    assert len(found["touched"]) == TAPS
    assert all(name.startswith("blob:") for name in found["resources"])
    for _ in range(600):
        if firefox.evaluate(REASONS) >= 5:
            return
        time.sleep(0.1)
    raise AssertionError("no reason is given")
