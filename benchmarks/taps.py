"""How long a tap on a demo takes, from the finger to the painted list.

    rbench demo RUN -o demo.html
    python benchmarks/taps.py demo.html [--taps 60] [--picture demo.png] [--firefox]

Opens the page in headless Chromium, offline, or in Firefox, and taps recommendations, each after
the last one's list is there. The page itself measures: from the event's time stamp to after the
frame that shows the list. Requests that the page sends after it is loaded are counted.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[1]))  # benchmarks; rbench is the installed one

from benchmarks.firefox import Firefox

MEASURED = "performance.getEntriesByName('tap').map(one => [one.duration, one.detail.model])"


class Tapping:
    """A page that is open."""

    def __init__(self, page: Any) -> None:
        self._page = page
        self._draw = np.random.default_rng(1)
        self.requests: list[str] = []
        """What the page asked for since it was there."""
        page.on("request", lambda request: self.requests.append(request.url))
        page.locator("#starters button").first.click()
        self._until(1)

    def tap(self, count: int) -> tuple[list[float], list[float]]:
        """Milliseconds from tap to paint of so many taps, and those of the model's calls."""
        before = len(self._page.evaluate(MEASURED))
        for number in range(count):
            rows = self._page.locator(".column li button")
            rows.nth(int(self._draw.integers(rows.count()))).click()
            self._until(before + number + 1)
        found = self._page.evaluate(MEASURED)[before:]
        return [whole for whole, _ in found], [model for _, model in found]

    def picture(self, path: Path) -> None:
        """Of the page as it is, once it says why."""
        self._page.wait_for_timeout(1500)
        self._page.screenshot(path=path, clip={"x": 0, "y": 0, "width": 1280, "height": 690})

    def _until(self, count: int) -> None:
        """So many taps have their painted list."""
        for _ in range(1000):
            if len(self._page.evaluate(MEASURED)) >= count:
                return
            self._page.wait_for_timeout(20)
        raise SystemExit("a tap was never answered")


@contextmanager
def opened(path: Path) -> Iterator[Tapping]:
    """A demo in headless Chromium, without a network."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_context(
            offline=True, viewport={"width": 1280, "height": 1200}
        ).new_page()
        page.goto(path.resolve().as_uri())
        page.wait_for_selector("html[data-ready]", timeout=120_000)
        yield Tapping(page)
        browser.close()


IN_FIREFOX = """
const done = arguments[0];
(async () => {
  while (!document.documentElement.dataset.ready || %s.length < %d)
    await new Promise((go) => setTimeout(go, 5));
})().then(() => done(true));
"""
"""Once so many taps have their painted list."""


def in_firefox(path: Path, count: int) -> tuple[list[float], list[float]]:
    """As `Tapping.tap`; the page from a file has a clock of whole milliseconds there."""
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        raise SystemExit("no firefox here")
    draw = np.random.default_rng(1)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        firefox = Firefox(program, Path(profile))
        try:
            firefox.open(path.resolve().as_uri())
            firefox.wait(IN_FIREFOX % (MEASURED, 0))
            firefox.tap("#starters button")
            for number in range(1, count + 1):
                firefox.wait(IN_FIREFOX % (MEASURED, number))
                firefox.tap(f".column li:nth-child({1 + int(draw.integers(10))}) button")
            firefox.wait(IN_FIREFOX % (MEASURED, count + 1))
            found = firefox.evaluate(f"return {MEASURED}")[1:]
        finally:
            firefox.close()
    return [whole for whole, _ in found], [model for _, model in found]


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("page", type=Path)
    words.add_argument("--taps", type=int, default=60)
    words.add_argument("--picture", type=Path, help="of the page as it is then, a PNG")
    words.add_argument("--firefox", action="store_true", help="there; requests are not counted")
    chosen = words.parse_args()
    requests = None
    if chosen.firefox:
        whole, model = in_firefox(chosen.page, chosen.taps)
    else:
        with opened(chosen.page) as page:
            whole, model = page.tap(chosen.taps)
            requests = len(page.requests)
            if chosen.picture:
                page.picture(chosen.picture)
    for name, values in (("tap to painted list", whole), ("of it the model's calls", model)):
        middle, late = np.quantile(values, (0.5, 0.95))
        print(f"{name}: p50 {middle:.1f} ms, p95 {late:.1f} ms ({len(values)} taps)")
    if requests is not None:
        print(f"requests after the page was there: {requests}")
    sys.exit(1 if requests else 0)


if __name__ == "__main__":
    main()
