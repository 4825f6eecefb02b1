"""From tap to paint, and the model's part of it: taps on a page of `rbench demo`, in Chromium."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, NamedTuple

TAPS = "performance.getEntriesByName('tap')"
SETTLED_TAPS = 5
"""Before any counts: the first ones compile."""


class Painted(NamedTuple):
    """Medians over the taps, milliseconds."""

    tap_ms: float
    model_ms: float
    """By the page's clock, which goes in steps of 0.1 ms: it is the mean."""
    taps: int


def painted(page: Path, taps: int = 60) -> Painted:
    """Tap on recommendations, each time the third one, and wait until the new list is painted.

    Raises:
        SystemExit: playwright or Chromium is not here.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise SystemExit("--demo needs playwright: pip install playwright") from None
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("--demo needs Chromium; on Debian: apt install chromium")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        try:
            tab = browser.new_page(viewport={"width": 1280, "height": 900})
            tab.goto(page.absolute().as_uri())
            tab.wait_for_selector("html[data-ready]", timeout=120_000)
            _tap(tab, "#starters button >> nth=0")
            for _ in range(SETTLED_TAPS + taps - 1):
                _tap(tab, ".column li button >> nth=2")
            seen = tab.evaluate(f"{TAPS}.map(one => [one.duration, one.detail.model])")
        finally:
            browser.close()
    counted = seen[SETTLED_TAPS:]
    felt = sorted(duration for duration, _ in counted)
    model = sum(model for _, model in counted) / len(counted)
    return Painted(felt[len(felt) // 2], model, len(counted))


def _tap(tab: Any, what: str) -> None:
    before = tab.evaluate(f"{TAPS}.length")
    tab.locator(what).click()
    for _ in range(3000):
        if tab.evaluate(f"{TAPS}.length") > before:
            return
        tab.wait_for_timeout(10)
    raise SystemExit("the page painted no list after a tap")
