"""What axe-core and the keyboard say about the page, in the browser, in light and dark."""

import pytest

pytestmark = pytest.mark.browser
CHARTS = ("chart-size", "chart-latency", "chart-box", "chart-cold", "chart-ops", "chart-tree")
OF_COLOUR = ("color-contrast", "scrollable-region-focusable")
"""Rules whose answer depends on the scheme or the width; the others read what stays as it is."""


def opened(browser, path):
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.goto(path.as_uri())
    page.wait_for_selector("html.drawn", timeout=120_000)
    return page


@pytest.fixture(scope="module")
def page(browser, rich_path):
    """A page with all that it has: every chart drawn, every detail open."""
    page = opened(browser, rich_path)
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    for name in CHARTS:
        page.evaluate(f"document.getElementById('{name}').scrollIntoView()")
        page.wait_for_selector(f"#{name} .main-svg")
    page.locator('label:has(input[name="panel"][value="p50"])').click()
    yield page
    page.context.close()


def test_axe_finds_nothing_serious(page, serious):
    assert serious(page) == []


def test_axe_finds_nothing_serious_in_the_dark_on_a_phone(page, serious):
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 900})
    assert serious(page, rules=OF_COLOUR) == []


def test_every_chart_has_a_name_and_numbers_in_a_table(page):
    for name in CHARTS:
        label = page.locator(f"#{name}").get_attribute("aria-label")
        assert "table" in label
    for table in ("#cells", "#ops", "#tensors"):
        assert page.locator(f"{table} tbody tr").count() > 0


def test_states_differ_without_colour(page):
    """Each state has a mark and a word of its own."""
    chips = page.evaluate(
        "[...document.querySelectorAll('#cells .state')].map(one => one.textContent.trim())"
    )
    assert {chip[0] for chip in chips} == {"✓", "≈", "!", "✕", "⊘", "◌"}
    assert {chip[1:] for chip in chips} == {
        "ok", "unstable", "invalid", "failed", "unsupported", "simulated",
    }  # fmt: skip


def test_axe_would_find_something(page, serious):
    """On the page of the tests above, which is the last to use it."""
    page.evaluate("document.querySelector('#tree-encoder').labels[0].remove()")
    page.evaluate("document.querySelector('.choose').style.color = 'var(--line)'")
    page.evaluate("document.querySelector('.choose').append(' pale')")
    page.evaluate("document.querySelector('#cells tbody td').style.color = 'var(--line)'")
    found = serious(page, "document.querySelector('.choose')")
    assert {text.split(":")[0] for text in found} == {"select-name", "color-contrast"}
    found = serious(page, "document.querySelector('#cells')", rules=("color-contrast",))
    assert len(found) == 1


def test_the_keyboard_reaches_filters_switch_and_heads(browser, rich_path):
    page = opened(browser, rich_path)
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
