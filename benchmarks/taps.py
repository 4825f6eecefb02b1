"""How long a tap on a demo takes, from the finger to the painted list.

    rbench demo RUN -o demo.html
    python benchmarks/taps.py demo.html [--taps 60]

Opens the page in headless Chromium, offline, and taps recommendations, each after the last one's
list is there. The page itself measures: from the event's time stamp to after the frame that shows
the list. Requests that the page sends after it is loaded are counted.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

import numpy as np

MEASURED = "performance.getEntriesByName('tap').map(one => [one.duration, one.detail.model])"


def taps(path: Path, count: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Milliseconds from tap to paint, those of the model's calls, and how many requests came."""
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
        requests: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        page.locator("#starters button").first.click()
        draw = np.random.default_rng(1)
        while len(found := page.evaluate(MEASURED)) < count:
            rows = page.locator(".column li button")
            if rows.count():
                rows.nth(int(draw.integers(rows.count()))).click()
            for _ in range(1000):
                if len(page.evaluate(MEASURED)) > len(found):
                    break
                page.wait_for_timeout(20)
        browser.close()
    whole, model = np.array(found).T
    return whole, model, len(requests)


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("page", type=Path)
    words.add_argument("--taps", type=int, default=60)
    chosen = words.parse_args()
    whole, model, requests = taps(chosen.page, chosen.taps)
    for name, values in (("tap to painted list", whole), ("of it the model's calls", model)):
        middle, late = np.quantile(values, (0.5, 0.95))
        print(f"{name}: p50 {middle:.1f} ms, p95 {late:.1f} ms ({len(values)} taps)")
    print(f"requests after the page was there: {requests}")
    sys.exit(1 if requests else 0)


if __name__ == "__main__":
    main()
