"""How fast the pages open: load event, and the first charts, of 500 cells and of two runs compared.

    python benchmarks/page.py                     the pages of this version
    python benchmarks/page.py --keep FOLDER       and keeps them in FOLDER
    python benchmarks/page.py --against FOLDER    beside those that another version kept, in turn

Milliseconds since the navigation began, each the median of the loads, every load in a new context
of one headless Chromium. *ready*: the document is read; *load*: the load event has ended; *can
draw*: charts near the view are drawn; *chart*: the first chart stands, where the reader goes to it
at once. The records are made up (rbench.testing.runs). Needs playwright and a chromium; a minute.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright
from rich.console import Console
from rich.table import Table

from rbench.compare import compare
from rbench.testing.runs import example_run
from rbench_reports.html import Html

LOADS = 9
ENCODERS = [f"encoder{n}" for n in range(25)]
PLAIN = ("float32", "float16", "dynamic_wi8", "static_wi8_ai8", "dynamic_wi4")
RECIPES = [*PLAIN, *(f"prune80+{scheme}" for scheme in PLAIN)]
PAGES = {"report.html": "report, 500 cells", "compare.html": "compare, 480 cells"}
MOMENTS = ("ready", "load", "can draw", "chart")
WATCH = """
window.moments = new Promise((done) => addEventListener("load", () => {
  const found = {};
  const root = document.documentElement;
  document.querySelector(".chart").scrollIntoView({ behavior: "instant" });
  const look = () => {
    if (root.classList.contains("drawn")) found["can draw"] ??= performance.now();
    if (document.querySelector(".chart .main-svg")) found["chart"] ??= performance.now();
    if (found["chart"] && found["can draw"]) done(found); else setTimeout(look, 5);
  };
  look();
}));
"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--keep", type=Path, metavar="FOLDER")
    options.add_argument("--against", type=Path, metavar="FOLDER")
    options.add_argument("--loads", type=int, default=LOADS)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folders = {"now": chosen.keep or Path(place) / "pages"}
        write(folders["now"], Path(place))
        if chosen.against:
            folders["before"] = chosen.against
        chromium = shutil.which("chromium") or "/usr/bin/chromium"
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            times = measured(browser, folders, chosen.loads)
            browser.close()
        Console(width=120).print(table(folders, times))


def write(folder: Path, place: Path) -> None:
    """Both pages, of made-up runs in `place`."""
    folder.mkdir(parents=True, exist_ok=True)
    much: dict[str, Any] = {"recipes": RECIPES, "users": 40, "samples": 40}
    whole = example_run(
        place / "run", encoders=ENCODERS, replicates=(2, 3), noise={"cpu": 0.01}, **much
    )
    two = [
        example_run(place / f"run{seed}", encoders=ENCODERS[:24], seed=seed, **much)
        for seed in (1, 2)
    ]
    (folder / "report.html").write_text(Html().render(whole), encoding="utf-8")
    (folder / "compare.html").write_text(Html().compare(compare(*two)), encoding="utf-8")


Times = dict[tuple[str, str, str], list[float]]
"""(page, whose, moment) -> milliseconds of every load."""


def measured(browser: Browser, folders: dict[str, Path], loads: int) -> Times:
    """Every page once a round, so that all of them see the same machine."""
    times: Times = defaultdict(list)
    for _ in range(loads):
        for page in PAGES:
            for whose, folder in folders.items():
                for moment, value in load(browser, folder / page).items():
                    times[page, whose, moment].append(value)
    return times


def load(browser: Browser, path: Path) -> dict[str, float]:
    """The moments of one load, milliseconds."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(path.resolve().as_uri(), timeout=60_000)
    moments: dict[str, float] = page.evaluate("moments")
    found: dict[str, float] = page.evaluate(
        "(({domContentLoadedEventEnd, loadEventEnd}) => ({ready: domContentLoadedEventEnd, "
        "load: loadEventEnd}))(performance.getEntriesByType('navigation')[0])"
    )
    context.close()
    return found | moments


def table(folders: dict[str, Path], times: Times) -> Table:
    """Medians, with smallest and largest; and the ratio of now to before."""
    found = Table("page", "", "MB", *MOMENTS)
    for page, title in PAGES.items():
        for whose, folder in folders.items():
            size = (folder / page).stat().st_size / 1e6
            values = (times[page, whose, moment] for moment in MOMENTS)
            shown = (f"{statistics.median(v):.0f} ({min(v):.0f}-{max(v):.0f})" for v in values)
            found.add_row(title, whose, f"{size:.1f}", *shown)
        if "before" in folders:
            ratios = (
                statistics.median(times[page, "now", moment])
                / statistics.median(times[page, "before", moment])
                for moment in MOMENTS
            )
            found.add_row(title, "now / before", "", *(f"{ratio:.2f}" for ratio in ratios))
    return found


if __name__ == "__main__":
    main()
