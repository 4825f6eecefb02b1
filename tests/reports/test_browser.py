"""The page in a real browser: opened from a file, offline."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest

from rbench import plugins
from rbench.records import Run
from rbench.testing.runs import example_run
from rbench_reports.cells import Sheet
from rbench_reports.html import Html
from rbench_reports.metrics import METRICS, NDCG, P50

pytestmark = pytest.mark.browser
PAPER = 1039
"""Pixels across a page of A4, lying, within its margins."""


@pytest.fixture(scope="module")
def path(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("page") / "report.html"
    found.write_text(Html().render(run, run), encoding="utf-8")
    return found


@pytest.fixture
def visit(browser) -> Iterator[object]:
    """Open a page; what it said and asked for is kept in ``.said`` and ``.asked``."""
    contexts = []

    def opened(path: Path, **options) -> SimpleNamespace:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        found = SimpleNamespace(page=page, said=[], asked=[])
        page.on("console", lambda message: found.said.append(message.text))
        page.on("pageerror", lambda error: found.said.append(str(error)))
        page.on("request", lambda request: found.asked.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_selector("html.drawn", timeout=120_000)
        return found

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def looked(browser) -> Iterator[object]:
    """A page for the tests that only look at it, or leave it as it was: loaded once."""
    contexts = []

    @cache
    def opened(path: Path):
        contexts.append(browser.new_context(viewport={"width": 1280, "height": 900}))
        page = contexts[-1].new_page()
        page.goto(path.as_uri())
        page.wait_for_selector("html.drawn", timeout=120_000)
        return page

    yield opened
    for context in contexts:
        context.close()


def scrolled(page, chart: str) -> None:
    """Go to a chart: it is drawn when it comes near."""
    page.evaluate(f"document.getElementById('{chart}').scrollIntoView()")
    page.wait_for_selector(f"#{chart} .main-svg")


def test_opens_offline_without_a_word(visit, path):
    found = visit(path, offline=True)
    for name in ("chart-size", "chart-latency", "chart-box"):
        scrolled(found.page, name)
    assert found.said == []
    assert found.asked == [path.as_uri()]


def test_numbers_of_the_table_equal_the_records(looked, path, run):
    page = looked(path)
    shown = page.evaluate(
        "[...document.querySelectorAll('#cells tbody tr')].map(row => Object.fromEntries("
        "[...row.querySelectorAll('[data-metric]')].map(c => [c.dataset.metric, c.innerText])))"
    )
    assert len(shown) == 40
    for row, record in zip(shown, run.records, strict=True):
        if record.model:
            assert row["size"] == f"{record.model.size_bytes / 1000:,.1f}"
            assert row["gzip"] == f"{record.model.gzip_bytes / 1000:,.1f}"
            assert row["ndcg"] == f"{record.quality.metrics['ndcg@10'].value:.4f}"
        if record.timing:
            assert row["p50"] == f"{record.timing.median_us:,.1f}"
            assert row["p95"] == f"{record.timing.p95_us:,.1f}"
            assert row["memory"] == f"{record.timing.peak_memory_bytes / 1e6:,.3f}"
            delegation = record.delegation
            nodes = f"{delegation.nodes_delegated} of {delegation.nodes_total}"
            assert row["delegated"] == nodes
        else:
            assert row["p50"] == "\N{EN DASH}"


def test_points_of_the_charts_are_the_records_numbers(looked, path, run):
    page = looked(path)
    scrolled(page, "chart-latency")
    points = page.evaluate(
        "document.getElementById('chart-latency').data.flatMap(t => t.x.map((x, i) => [x, t.y[i]]))"
    )
    expected = [
        (record.timing.median_us, record.quality.metrics["ndcg@10"].value)
        for record in run.records
        if record.timing and record.timing.verdict != "invalid"
    ]
    assert sorted(map(tuple, points)) == sorted(expected)


def test_numbers_of_the_other_charts_are_the_records_numbers(visit, rich, rich_path):
    found = visit(rich_path)
    page = found.page
    for name in ("cold", "ops", "tree"):
        scrolled(page, f"chart-{name}")
    timed = [
        r
        for r in rich.records
        if r.timing and r.timing.load_us and not (r.delegation and r.delegation.software)
    ]
    cold = page.evaluate("document.getElementById('chart-cold').data.slice(1).map(t => t.x)")
    for values, field in zip(cold, ("load_us", "first_us", "median_us"), strict=True):
        assert values == [getattr(r.timing, field) for r in timed]
    sums = page.evaluate(
        "document.getElementById('chart-ops').data.reduce("
        "(sums, t) => t.x.map((us, i) => us + (sums[i] || 0)), [])"
    )
    expected = [sum(r.timing.ops_us.values()) for r in timed if r.timing.ops_us]
    assert sums == pytest.approx(expected)
    page.locator("#tree-encoder").select_option(label="gru")
    tree = page.evaluate(
        "(({labels, values}) => Object.fromEntries(labels.map((l, i) => [l, values[i]])))"
        "(document.getElementById('chart-tree').data[0])"
    )
    sizes = {
        r.cell.recipe: r.model.size_bytes
        for r in rich.records
        if r.cell.encoder == "gru" and r.model
    }
    assert {name: tree[name] for name in sizes} == sizes
    assert found.said == []


def test_seeds_and_tensors_of_the_tables_are_the_records(looked, rich, rich_path):
    page = looked(rich_path)
    shown = page.evaluate(
        "[...document.querySelectorAll('#seeds tbody tr')].map(row => "
        "[...row.querySelectorAll('[data-seed]')].map(c => c.firstChild.textContent.trim()))"
    )
    files = {(r.cell.encoder, r.cell.recipe): r for r in rich.records if r.quality}
    assert shown == [
        [
            f"{q.metrics['ndcg@10'].value:.4f}"
            for q in (r.quality, *(o.quality for o in r.replicates))
        ]
        for r in files.values()
    ]
    total = page.evaluate(
        "[...document.querySelectorAll('#tensors [data-bytes]')]"
        ".reduce((sum, c) => sum + +c.textContent.replace(/,/g, ''), 0)"
    )
    assert total == sum(r.model.size_bytes for r in files.values())


def test_a_group_of_recipes_is_one_click(looked, rich_path):
    page = looked(rich_path)
    page.locator("[data-family]", has_text="prune80").click()
    assert page.locator("#shown").inner_text() == "30 of 40 cells shown"
    assert page.locator(".glance .group:visible").count() == 1
    page.locator("[data-family]", has_text="prune80").click()
    assert page.locator("#shown").inner_text() == "40 of 40 cells shown"


def test_a_filter_reaches_charts_tables_and_matrix(looked, path):
    page = looked(path)
    scrolled(page, "chart-latency")
    marks = "document.getElementById('chart-latency').data.reduce((sum, t) => sum + t.x.length, 0)"
    before = page.evaluate(marks)
    page.locator('fieldset[data-dimension="encoder"] label', has_text="gru").click()
    page.locator('fieldset[data-dimension="target"] label', has_text="cpu").click()
    assert page.locator("#shown").inner_text() == "16 of 40 cells shown"
    assert page.locator("#cells tbody tr:visible").count() == 16
    assert page.locator(".glance thead th:visible").count() == 5
    assert 0 < page.evaluate(marks) < before / 2
    page.locator('fieldset[data-dimension="encoder"] button', has_text="none").click()
    assert page.locator("#cells tbody tr:visible").count() == 0
    assert "nothing to draw" in page.locator("#chart-latency").inner_text()
    for dimension in ("encoder", "target"):
        page.locator(f'fieldset[data-dimension="{dimension}"] button', has_text="all").click()
    assert page.locator("#cells tbody tr:visible").count() == 40
    assert page.evaluate(marks) == before


def test_one_click_changes_the_metric_of_the_matrix(looked, path, run):
    page = looked(path)
    for value in ("ndcg", "recall", "size", "gzip", "p50", "p95", "memory", "delegated", "glance"):
        page.locator(f'label:has(input[name="panel"][value="{value}"])').click()
        assert page.locator("[data-panel]:visible").count() == 1
        assert page.locator(f'[data-panel="{value}"]').is_visible()
    page.locator('label:has(input[value="p50"])').click()
    text = page.locator('[data-panel="p50"]').inner_text()
    assert f"{run.records[-1].timing.median_us:.1f}" in text
    assert "failed" in text
    assert "unsupported" in text


def test_a_head_sorts_missing_numbers_last(visit, path):
    page = visit(path).page
    head = page.locator("#cells th", has_text="Latency, p50").locator("button")
    column = (
        "[...document.querySelectorAll('#cells tbody [data-metric=p50]')].map(c => c.dataset.v)"
    )
    head.click()
    up = page.evaluate(column)
    head.click()
    down = page.evaluate(column)
    known = [float(value) for value in up if value]
    assert known == sorted(known)
    assert [float(value) for value in down if value] == known[::-1]
    assert up[-3:] == down[-3:] == ["", "", ""]


def test_theme_follows_the_system_and_the_button(visit, path):
    page = visit(path, color_scheme="dark").page
    background = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(background)
    page.locator("#theme").click()
    light = page.evaluate(background)
    assert dark != light
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    assert visit(path, color_scheme="light").page.evaluate(background) == light


@pytest.mark.parametrize("width", [390, 768])
def test_nothing_is_wider_than_the_screen(visit, path, width):
    page = visit(path, viewport={"width": width, "height": 800}).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("name", ["records.json", "records.csv"])
def test_downloads_without_a_network(looked, path, run, name, tmp_path):
    page = looked(path)
    with page.expect_download() as waiting:
        page.locator(f'[data-download="{name}"]').click()
    waiting.value.save_as(tmp_path / name)
    text = (tmp_path / name).read_text(encoding="utf-8")
    if name.endswith("json"):
        sizes = [row["model"]["size_bytes"] for row in json.loads(text) if row["model"]]
        assert sizes == [record.model.size_bytes for record in run.records if record.model]
    else:
        assert text == plugins.report("csv").render(run)
        assert len(text.splitlines()) == 41


def test_prints_on_white_with_every_row(visit, path):
    page = visit(path, color_scheme="dark").page
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator(".filters .glyph").first.is_visible()  # the legend of the charts
    assert page.locator(".filters [data-all]:visible").count() == 0
    assert page.pdf()[:5] == b"%PDF-"
    for chart in ("size", "latency", "box", "cold"):
        assert page.locator(f"#chart-{chart} .main-svg").count() > 0


def test_a_hover_says_what_the_table_says(visit, path, run):
    page = visit(path).page
    page.locator("#cells .sort", has_text="NDCG@10").click()
    scrolled(page, "chart-latency")
    hovers = page.evaluate(
        "document.getElementById('chart-latency').data.flatMap(trace => trace.hovertemplate)"
    )
    sheet = Sheet.of(run)
    drawn = [cell for cell in sheet.cells if cell.usable(NDCG) is not None and cell.usable(P50)]
    assert len(hovers) == len(drawn) > 20
    for cell in drawn:
        lines = [f"{metric.label} <b>{sheet.full(cell, metric)}</b>" for metric in METRICS]
        lines.append(f"95 % interval {sheet.interval(cell)}")
        wanted = f"<b>{cell.encoder} \N{MULTIPLICATION SIGN} {cell.recipe}</b><br>{cell.target}"
        found = [text for text in hovers if text.startswith(wanted)]
        assert any(set(lines) <= set(text.split("<extra>")[0].split("<br>")) for text in found)


def test_charts_far_from_the_reader_wait(visit, path):
    page = visit(path).page
    assert page.locator("#chart-cold .main-svg").count() == 0
    scrolled(page, "chart-cold")


def test_hostile_names_run_nothing(visit, run, change, tmp_path):
    import msgspec

    evil = '</script><script>window.hurt = 1</script><img src=x onerror="window.hurt = 1">'

    def poison(record):
        cell = msgspec.structs.replace(record.cell, encoder=evil + record.cell.encoder)
        return msgspec.structs.replace(record, cell=cell, reason=evil, command=evil)

    path = tmp_path / "evil.html"
    path.write_text(Html().render(change(run, poison, study=evil)), encoding="utf-8")
    found = visit(path)
    scrolled(found.page, "chart-box")
    assert found.page.evaluate("window.hurt") is None
    assert found.said == []
    assert found.asked == [path.as_uri()]
    assert found.page.locator("h1").inner_text() == evil


def test_500_cells_are_laid_out_where_they_are_looked_at(visit, tmp_path):
    """So that a page of many is there at once; its figures are in benchmarks/page.py."""
    schemes = ("float32", "float16", "dynamic_wi8", "static_wi8_ai8", "dynamic_wi4")
    run = example_run(
        tmp_path / "run",
        encoders=[f"encoder{n}" for n in range(25)],
        recipes=[*schemes, *(f"prune80+{scheme}" for scheme in schemes)],
        users=40,
        samples=40,
    )
    path = tmp_path / "report.html"
    path.write_text(Html().render(run), encoding="utf-8")
    found = visit(path)
    assert found.page.locator("#cells tbody tr").count() == 500
    laid_out = "document.getElementById('cells').checkVisibility({contentVisibilityAuto: true})"
    assert not found.page.evaluate(laid_out)
    found.page.emulate_media(media="print")
    assert found.page.evaluate(laid_out)
    glance = found.page.locator("[data-panel=glance]")
    assert "wider than paper" in glance.inner_text()
    assert glance.locator("table").is_hidden()
    found.page.emulate_media(media="screen")
    assert glance.locator("table").is_visible()
    encoders = 'fieldset[data-dimension="encoder"]'
    found.page.locator(f"{encoders} button", has_text="none").click()
    for number in range(10):
        found.page.locator(f"{encoders} label").nth(number).click()
    found.page.emulate_media(media="print")
    found.page.set_viewport_size({"width": PAPER, "height": 710})
    assert glance.locator("table").is_visible()
    assert glance.locator(".beyond").is_hidden()
    assert glance.locator("table").bounding_box()["width"] <= PAPER
    assert found.said == []
