"""The page of a comparison: its numbers, its promises, and how it behaves in a real browser."""

import json
import re
from collections.abc import Iterator
from html import unescape
from types import SimpleNamespace

import pytest

from rbench.compare import Comparison, compare
from rbench.recipes.registered import schemes
from rbench.testing.runs import example_run
from rbench_reports.charts import recipe_shape, shape
from rbench_reports.compare_html import labels
from rbench_reports.compare_text import MINUS, amount, interval, moved, share, visible
from rbench_reports.html import Html
from rbench_reports.numbers import MISSING


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """Something of everything: worse, better, unchanged, not comparable, and runs that differ."""
    place = tmp_path_factory.mktemp("compare")
    before = example_run(
        place / "before",
        size_bytes={("gru", "float32"): 300_000},
        states={("cnn", "float32", "cpu"): "failed"},
    )
    after = example_run(
        place / "after",
        seed=2,
        size_bytes={("lstm", "float32"): 999_999},
        states={("gru", "float32", "cpu"): "failed", ("bow", "float32", "cpu"): "unstable"},
        recipes=("float32", "float16", "dynamic_wi8"),
    )
    return compare(before, after)


@pytest.fixture(scope="module")
def page(comparison: Comparison) -> str:
    return Html().compare(comparison)


def rows(page: str) -> list[list[str]]:
    """The text of every row of the tables of differences."""
    found = []
    for body in re.findall(r'<tr data-encoder="\d.*?</tr>', page, re.DOTALL):
        fields = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", body, re.DOTALL)
        found.append([unescape(re.sub(r"<[^>]+>", "", field)).strip() for field in fields])
    return found


def test_every_difference_stands_on_the_page_with_its_numbers(comparison, page):
    found = rows(page)
    assert len(found) == len(comparison.differences)
    shown = {tuple(row[:4]): row[4:] for row in found}
    for one in comparison.differences:
        row = shown[one.encoder, one.recipe, one.target or MISSING, labels()[one.metric]]
        assert row[0].endswith(one.verdict)
        numbers = [amount(one, one.before), amount(one, one.after), moved(one), interval(one)]
        numbers.append(visible(one))
        assert row[1:] == [*numbers, one.reason]


def test_raw_numbers_are_there_for_sorting(comparison, page):
    for one in comparison.differences:
        if one.before is not None:
            assert f'data-v="{one.before}"' in page


def test_notes_facts_and_counts_are_said(comparison, page):
    text = unescape(re.sub(r"<[^>]+>", "", page))
    assert comparison.sight in text
    for verdict in ("worse", "better", "unchanged", "not comparable"):
        count = len(comparison.of(verdict))
        assert count
        assert re.search(rf"{verdict}\s*{count}\b", text)
    for reason, _ in comparison.reasons():
        assert reason in text
    assert "another training" in text


def test_the_page_is_one_file(page):
    assert "default-src 'none'" in page
    outside = page.partition('id="plotly"')[0]
    assert not re.findall(r"""(?:src|href)=["'](?!#|data:)""", outside)


def test_two_runs_without_a_number_in_common(tmp_path):
    grid = {"recipes": ("float32",), "targets": ("cpu",), "users": 20, "samples": 30}
    pair = [example_run(tmp_path / name, encoders=(name,), **grid) for name in ("bow", "gru")]
    page = Html().compare(compare(*pair))
    assert "Nothing can be compared" in page
    assert "only A has this cell" in page


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0 %"),
        (0.0312, "+3.1 %"),
        (-0.0312, f"{MINUS}3.1 %"),
        (0.00004, "+0.004 %"),
        (1.5, "+150 %"),
        (1e9, "+1.0e+11 %"),
        (float("nan"), MISSING),
    ],
)
def test_shares_are_never_rounded_to_nothing(value, shown):
    assert share(value).replace("\N{NO-BREAK SPACE}", " ") == shown


@pytest.fixture
def visited(browser, page, tmp_path) -> Iterator[SimpleNamespace]:
    """The page, opened from a file and offline; what it said and asked for is kept."""
    path = tmp_path / "compare.html"
    path.write_text(page, encoding="utf-8")
    context = browser.new_context(viewport={"width": 390, "height": 800}, offline=True)
    opened = context.new_page()
    found = SimpleNamespace(page=opened, said=[], asked=[], path=path)
    opened.on("console", lambda message: found.said.append(message.text))
    opened.on("pageerror", lambda error: found.said.append(str(error)))
    opened.on("request", lambda request: found.asked.append(request.url))
    opened.goto(path.as_uri())
    opened.wait_for_selector("html.drawn", timeout=120_000)
    yield found
    context.close()


def scrolled(page, chart: str) -> None:
    """Go to a chart: it is drawn when it comes near."""
    page.evaluate(f"document.getElementById('chart-{chart}').scrollIntoView()")
    page.wait_for_selector(f"#chart-{chart} .main-svg")


@pytest.mark.browser
def test_it_opens_offline_without_a_word_and_fits_a_phone(visited):
    for name in ("quality", "latency"):
        scrolled(visited.page, name)
        assert visited.page.locator(f"#chart-{name} .main-svg").count() > 0
    assert visited.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert visited.said == []
    assert visited.asked == [visited.path.as_uri()]


@pytest.mark.browser
def test_filters_hide_rows_and_marks(visited, comparison):
    page = visited.page
    scrolled(page, "latency")
    marks = "document.getElementById('chart-latency').data[0].x.length"
    before = page.evaluate(marks)
    page.locator('fieldset[data-dimension="encoder"] [data-all="0"]').click()
    page.locator('fieldset[data-dimension="encoder"] .chip', has_text="gru").click()
    shown = page.locator("tbody tr[data-encoder]:not(.off) th").all_text_contents()
    assert set(shown) == {"gru"}
    assert len(shown) == sum(one.encoder == "gru" for one in comparison.differences)
    assert 0 < page.evaluate(marks) < before
    assert visited.said == []


@pytest.mark.browser
def test_tables_sort_by_number(visited):
    page = visited.page
    page.locator("#same .sort", has_text="Change").click()
    values = page.evaluate(
        "[...document.querySelectorAll('#same tbody tr')]"
        ".map(row => row.cells[7].dataset.v).filter(v => v !== '').map(Number)"
    )
    assert len(values) > 50
    assert values == sorted(values)


@pytest.mark.browser
def test_light_and_dark(visited):
    page = visited.page
    colour = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(colour)
    page.locator("#theme").click()
    assert page.evaluate(colour) != light


@pytest.mark.browser
def test_axe_finds_nothing_serious(visited, serious):
    page = visited.page
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    assert serious(page) == []
    page.emulate_media(color_scheme="dark")
    assert serious(page, rules=("color-contrast",)) == []


def test_recipes_have_the_shapes_of_the_main_page(comparison, page):
    data = json.loads(re.search(r'id="chart-data">(.*?)</script>', page, re.DOTALL)[1])
    recipes = list(dict.fromkeys(one.recipe for one in comparison.differences))
    expected = [recipe_shape(name, index) for index, name in enumerate(recipes)]
    assert [one["name"] for one in data["recipes"]] == recipes
    assert [(one["shape"], one["dot"]) for one in data["recipes"]] == [
        (shape, dot) for shape, _, dot in expected
    ]
    whole = "static_wi8_ai8"
    place = list(schemes()).index(whole)
    assert recipes.index(whole) != place, "else the order would give the same"
    assert expected[recipes.index(whole)][0] == shape(place)[0]
