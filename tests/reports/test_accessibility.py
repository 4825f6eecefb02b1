"""What axe-core and the keyboard say about the page, in the browser, in light and dark."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from rbench_reports.html import Html

pytestmark = pytest.mark.browser
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
CHARTS = ("chart-box", "chart-cold", "chart-ops", "chart-tree")


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no chromium at {CHROMIUM}: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def path(rich, tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("page") / "report.html"
    found.write_text(Html().render(rich), encoding="utf-8")
    return found


@pytest.fixture(scope="module")
def axe() -> str:
    package = pytest.importorskip("axe_playwright_python", reason="axe-core is not installed")
    return (Path(package.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def opened(browser, path, **options):
    page = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options}).new_page()
    page.goto(path.as_uri())
    page.wait_for_selector("html.drawn", timeout=20_000)
    return page


def serious(page, axe: str, where: str = "document") -> list[str]:
    """Serious and critical violations; a broken axe says nothing, so it has to have passed much."""
    page.evaluate(axe)
    found = page.evaluate(f"axe.run({where})")
    assert len(found["passes"]) > (20 if where == "document" else 0)
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:200]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_axe_finds_nothing_serious(browser, path, axe, scheme, width):
    page = opened(browser, path, color_scheme=scheme, viewport={"width": width, "height": 900})
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    for name in CHARTS:
        page.evaluate(f"document.getElementById('{name}').scrollIntoView()")
        page.wait_for_selector(f"#{name} .main-svg")
    page.locator('label:has(input[name="panel"][value="p50"])').click()
    assert serious(page, axe) == []
    page.context.close()


def test_axe_would_find_something(browser, path, axe):
    page = opened(browser, path)
    page.evaluate("document.querySelector('#tree-encoder').labels[0].remove()")
    page.evaluate("document.querySelector('.choose').style.color = 'var(--line)'")
    page.evaluate("document.querySelector('.choose').append(' pale')")
    found = serious(page, axe, "document.querySelector('.choose')")
    assert {text.split(":")[0] for text in found} == {"select-name", "color-contrast"}
    page.context.close()


def test_the_keyboard_reaches_filters_switch_and_heads(browser, path):
    page = opened(browser, path)
    page.locator('fieldset[data-dimension="encoder"] input').first.focus()
    page.keyboard.press("Space")
    assert page.locator("#shown").inner_text() == "32 of 40 cells shown"
    page.locator('input[name="panel"]').first.focus()
    page.keyboard.press("ArrowRight")
    assert page.locator('[data-panel="ndcg"]').is_visible()
    page.locator("#cells thead button").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("#cells thead th").first.get_attribute("aria-sort") == "ascending"
    page.locator("#tree-encoder").focus()
    focusable = "document.activeElement.tagName"
    assert page.evaluate(focusable) == "SELECT"
    page.context.close()


def test_every_chart_has_a_name_and_numbers_in_a_table(browser, path):
    page = opened(browser, path)
    for name in ("chart-size", "chart-latency", *CHARTS):
        label = page.locator(f"#{name}").get_attribute("aria-label")
        assert "table" in label
    for table in ("#cells", "#ops", "#tensors"):
        assert page.locator(f"{table} tbody tr").count() > 0
    page.context.close()


def test_states_differ_without_colour(browser, path):
    """Each state has a mark and a word of its own."""
    page = opened(browser, path)
    chips = page.evaluate(
        "[...document.querySelectorAll('#cells .state')].map(one => one.textContent.trim())"
    )
    assert {chip[0] for chip in chips} == {"✓", "≈", "!", "✕", "⊘", "◌"}
    assert {chip[1:] for chip in chips} == {
        "ok", "unstable", "invalid", "failed", "unsupported", "simulated",
    }  # fmt: skip
    page.context.close()
