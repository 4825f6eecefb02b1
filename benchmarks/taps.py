"""How long a tap on a demo takes, from the finger to the painted list.

    rbench demo RUN -o demo.html
    python benchmarks/taps.py demo.html [--taps 60] [--picture demo.png]

Opens the page in headless Chromium, offline, and taps recommendations, each after the last one's
list is there. The page itself measures: from the event's time stamp to after the frame that shows
the list. Requests that the page sends after it is loaded are counted.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

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


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("page", type=Path)
    words.add_argument("--taps", type=int, default=60)
    words.add_argument("--picture", type=Path, help="of the page as it is then, a PNG")
    chosen = words.parse_args()
    with opened(chosen.page) as page:
        whole, model = page.tap(chosen.taps)
        requests = len(page.requests)
        if chosen.picture:
            page.picture(chosen.picture)
    for name, values in (("tap to painted list", whole), ("of it the model's calls", model)):
        middle, late = np.quantile(values, (0.5, 0.95))
        print(f"{name}: p50 {middle:.1f} ms, p95 {late:.1f} ms ({len(values)} taps)")
    print(f"requests after the page was there: {requests}")
    sys.exit(1 if requests else 0)


if __name__ == "__main__":
    main()
