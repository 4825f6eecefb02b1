"""What the pages say where no chart can stand: an old browser, no JavaScript, paper too soon."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rbench.compare import compare
from rbench.records import Run
from rbench_reports.html import Html

pytestmark = pytest.mark.browser
OLD = "delete window.DecompressionStream"
STALLED = """
const Whole = window.DecompressionStream;
const gate = new Promise((open) => { window.open_gate = open; });
window.DecompressionStream = function (kind) {
  const { readable, writable } = new Whole(kind);
  const transform = async (part, out) => { await gate; out.enqueue(part); };
  const held = new TransformStream({ transform });
  readable.pipeTo(held.writable);
  return { readable: held.readable, writable };
};
window.print = () => {
  dispatchEvent(new Event("beforeprint"));
  window.printed = document.querySelectorAll(".chart .main-svg").length;
};
"""
"""Unpacking goes on when a test says so; printing keeps what stood on the page."""


@pytest.fixture(scope="module")
def pages(small: Run, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A report and a comparison, both with charts."""
    folder = tmp_path_factory.mktemp("pages")
    texts = {"report": Html().render(small), "compare": Html().compare(compare(small, small))}
    found = {name: folder / f"{name}.html" for name in texts}
    for name, text in texts.items():
        found[name].write_text(text, encoding="utf-8")
    return found


@pytest.fixture
def visit(browser) -> Iterator[Callable]:
    """Open a page after a script of the test's; what the page says is kept in a list."""
    contexts = []

    def opened(path: Path, script: str = "", **options):
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        if script:
            page.add_init_script(script)
        page.goto(path.as_uri())
        return page, said

    yield opened
    for context in contexts:
        context.close()


@pytest.mark.parametrize("name", ["report", "compare"])
def test_an_old_browser_says_so_where_each_chart_would_stand(visit, pages, name):
    page, said = visit(pages[name], OLD)
    page.wait_for_selector("html.chartless")
    charts = page.locator(".chart").all()
    assert len(charts) == {"report": 5, "compare": 2}[name]
    for chart in charts:
        assert "this browser is too old" in chart.inner_text()
        assert "The numbers are in the tables." in chart.inner_text()
        assert chart.bounding_box()["height"] < 200
    page.locator('fieldset[data-dimension="recipe"] input').first.uncheck(force=True)
    assert "cells shown" in page.locator("#shown").text_content()
    assert said == []


def test_an_old_browser_names_another_way_to_the_records(visit, pages):
    page, said = visit(pages["report"], OLD)
    assert page.locator("[data-download]:visible").count() == 0
    assert "--format csv" in page.locator("[data-packed]").inner_text()
    assert said == []


def test_a_library_that_does_not_run_is_told(visit, pages):
    text = pages["report"].read_text(encoding="utf-8")
    broken = pages["report"].with_name("broken.html")
    head = '<script type="text/plain" id="plotly">'
    broken.write_text(text.replace(head, head + "H4sI"), encoding="utf-8")
    page, said = visit(broken)
    page.wait_for_selector("html.chartless")
    assert "cannot run" in page.locator("#chart-size").inner_text()
    assert said == []


@pytest.mark.parametrize("name", ["report", "compare"])
def test_without_javascript_the_page_says_so_and_shows_nothing_dead(visit, pages, name):
    page, said = visit(pages[name], java_script_enabled=False)
    for chart in page.locator(".chart").all():
        words = "No chart: JavaScript is off. The numbers are in the tables."
        assert chart.inner_text().strip() == words
    for dead in (".filters", ".segments", "[data-download]", "#theme", ".choose"):
        assert page.locator(f"{dead}:visible").count() == 0
    assert page.locator("table:visible").count() > 0
    assert said == []


def test_nothing_is_said_where_charts_are_on_their_way(visit, pages):
    page, _ = visit(pages["report"])
    page.evaluate("document.getElementById('chart-size').scrollIntoView()")
    page.wait_for_selector("#chart-size .main-svg")
    assert page.locator(".wait:visible, [data-packed]:visible").count() == 0
    assert page.locator("#chart-size .wait").count() == 0
    assert page.locator("[data-download]:visible").count() == 2


def test_paper_before_the_charts_are_there_says_so(visit, pages):
    page, _ = visit(pages["report"], STALLED)
    assert page.locator(".wait:visible").count() == 0
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    waits = page.locator(".wait:visible")
    assert waits.count() == page.locator(".chart").count()
    assert "print it again" in waits.first.inner_text()
    # Still in the preview when plotly comes: what can be drawn is drawn.
    page.evaluate("open_gate()")
    page.wait_for_selector("html.drawn", state="attached")
    assert page.locator(".wait").count() == 0


@pytest.mark.parametrize("name", ["report", "compare"])
def test_paper_has_charts_that_nobody_scrolled_to(visit, pages, name):
    page, said = visit(pages[name])
    page.wait_for_selector("html.drawn")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    for chart in page.locator(".chart").all():
        assert chart.locator(".main-svg, .gtitle, .infolayer").count() > 0
    assert page.locator(".wait").count() == 0
    assert said == []


def test_a_chart_of_many_lines_fits_on_a_page_of_paper(visit, rich_path):
    page, _ = visit(rich_path)
    page.wait_for_selector("html.drawn")
    page.emulate_media(media="print")
    heights = "[...document.querySelectorAll('.chart')].map(one => one.offsetHeight)"
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    on_paper = page.evaluate(heights)
    assert max(on_paper) <= 610
    overlap = (
        "[...document.querySelectorAll('.chart')].filter("
        "one => one.querySelector('.main-svg').clientHeight > one.offsetHeight + 1).length"
    )
    assert page.evaluate(overlap) == 0
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert max(page.evaluate(heights)) > 610


def test_heads_that_sort_are_plain_words_on_paper(visit, pages):
    """Chromium leaves buttons out of a head that it repeats on the next page."""
    page, _ = visit(pages["report"])
    page.emulate_media(media="print")
    displays = "[...document.querySelectorAll('.sort')].map(one => getComputedStyle(one).display)"
    assert set(page.evaluate(displays)) == {"contents"}


def test_the_key_for_printing_waits_for_the_charts(visit, pages):
    page, _ = visit(pages["report"], STALLED)
    page.keyboard.press("Control+p")
    assert page.evaluate("window.printed") is None
    page.evaluate("open_gate()")
    for _ in range(500):  # Playwright's own waiting is eval, which the page forbids
        if page.evaluate("window.printed") is not None:
            break
        page.wait_for_timeout(20)
    assert page.evaluate("window.printed") >= page.locator(".chart").count()
