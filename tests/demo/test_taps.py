"""The page in a real browser, from a file and without a network: what a tap does. How long it takes
is measured by benchmarks/taps.py.
"""

import functools
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest

from rbench.demo import demo
from rbench.records.run_folder import read_items, write_items
from rbench.testing.answering import answering_run

pytestmark = pytest.mark.browser
CELLS = ("bow/float32", "bow/dynamic_wi8")
EVIL = '</script><script>window.hurt = 1</script><img src=x onerror="window.hurt = 1">'
SHOWN = "[...document.querySelectorAll('.column')].map(c => [...c.querySelectorAll('li')].map("
SHOWN += "row => +row.dataset.item))"
TAPS = "performance.getEntriesByName('tap').length"


@pytest.fixture(scope="module")
def path(made, real_runtime, tmp_path_factory):
    found = tmp_path_factory.mktemp("page") / "demo.html"
    demo(made, CELLS).write(found)
    return found


@pytest.fixture
def visit(browser):
    contexts = []

    def opened(url, **options):
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        found = SimpleNamespace(page=page, context=context, said=[], asked=[])
        page.on("console", lambda message: found.said.append(message.text))
        page.on("pageerror", lambda error: found.said.append(str(error)))
        page.on("request", lambda request: found.asked.append(request.url))
        page.goto(url)
        page.wait_for_selector("html[data-ready]", timeout=120_000)
        return found

    yield opened
    for context in contexts:
        context.close()


def until(page, expression):
    """Wait for it to be true; playwright's own way of waiting is what the page forbids."""
    for _ in range(3000):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(10)
    raise AssertionError(f"never true: {expression}")


def tapped(page, locator):
    """Tap, and wait for the painted list."""
    before = page.evaluate(TAPS)
    locator.click()
    until(page, f"{TAPS} > {before}")


def history(page):
    (stored,) = page.evaluate("Object.values(localStorage)") or ["[]"]
    return msgspec.json.decode(stored)


def test_sixty_taps_send_nothing_and_list_nothing_seen(visit, path):
    found = visit(path.as_uri(), offline=True)
    page = found.page
    asked = len(found.asked)
    tapped(page, page.locator("#starters button").first)
    draw = np.random.default_rng(1)
    for _ in range(59):
        rows = page.locator(".column li button")
        tapped(page, rows.nth(int(draw.integers(rows.count()))))
        seen = set(history(page))
        for column in page.evaluate(SHOWN):
            assert column
            assert not seen & set(column)
    assert len(history(page)) == 60
    assert found.said == []
    assert len(found.asked) == asked
    assert [url for url in found.asked if not url.startswith("blob:")] == [path.as_uri()]


def test_the_list_is_the_files_answer(visit, path, made):
    """Of the newest items, padded on the left, as ai-edge-litert answers it here."""
    pytest.importorskip("ai_edge_litert")
    from rbench.ship.answers import ModelRunner, padded

    page = visit(path.as_uri()).page
    tapped(page, page.locator("#starters button").first)
    for at in (0, 3, 1, 4, 0, 2, 5, 1):
        tapped(page, page.locator(".column").first.locator("li button").nth(at))
    touched, columns = history(page), page.evaluate(SHOWN)
    for cell, column in zip(CELLS, columns, strict=True):
        encoder, recipe = cell.split("/")
        runner = ModelRunner(made.folder / "models" / encoder / f"{recipe}.tflite")
        answer = runner.answer(padded(touched, runner.length)).items.tolist()
        wanted = [item for item in answer if item > 0 and item not in touched]
        assert column == wanted[:10]


def test_a_slow_model_answers_from_a_worker(visit, path, tmp_path):
    slow = tmp_path / "slow.html"
    text = path.read_text("utf-8")
    assert text.count("PART_MS = 6;") == 1
    slow.write_text(text.replace("PART_MS = 6;", "PART_MS = -1;"), "utf-8")
    found = visit(slow.as_uri(), bypass_csp=True)
    page = found.page
    tapped(page, page.locator("#starters button").first)
    tapped(page, page.locator(".column li button").first)
    until(page, "document.querySelectorAll('.why bdi').length > 5")
    assert len(page.workers) == 1
    assert found.said == []


def test_a_reason_is_an_item_that_was_touched(visit, path):
    page = visit(path.as_uri()).page
    tapped(page, page.locator("#starters button").first)
    for _ in range(4):
        tapped(page, page.locator(".column li button").first)
    until(page, "document.querySelectorAll('.why bdi').length > 5")
    names = page.locator("#history .name").all_inner_texts()
    assert len(names) == 5
    assert set(page.locator(".why bdi").all_inner_texts()) <= set(names)


def test_the_history_outlives_the_page_until_it_is_forgotten(visit, path):
    page = visit(path.as_uri()).page
    for number in range(2):
        page.locator("#query").fill("item")
        page.locator("#options li").nth(number).click()
    until(page, "document.querySelectorAll('.column li').length > 9")
    touched, shown = history(page), page.evaluate(SHOWN)
    page.reload()
    until(page, "document.querySelectorAll('.column li').length > 9")
    assert history(page) == touched
    assert page.evaluate(SHOWN) == shown
    page.locator("#history .remove").first.click()
    assert history(page) == touched[:1]
    page.locator("#forget").click()
    assert page.locator("#start").is_visible()
    assert page.evaluate("localStorage.length") == 0
    assert page.evaluate("document.activeElement.id") == "query"


def test_the_shown_history_is_the_kept_one_newest_first(visit, path):
    page = visit(path.as_uri()).page
    shown = "[...document.querySelectorAll('#history li')].map(row => +row.dataset.item)"

    def search(number):
        page.locator("#query").fill("item")
        page.locator("#options li").nth(number).click()

    for number in (0, 1, 2, 3, 1, 1, 0):
        search(number)
    until(page, f"{shown}.length === 4")
    touched = history(page)
    assert page.evaluate(shown) == touched[::-1]
    page.locator("#history .remove").nth(2).click()
    assert history(page) == touched[:1] + touched[2:]
    assert page.evaluate(shown) == history(page)[::-1]
    assert page.locator("#history .remove").nth(2).is_visible()
    held = "[...document.querySelectorAll('#history button')].indexOf(document.activeElement)"
    assert page.evaluate(held) == 2


def test_what_another_program_stored_is_not_trusted(visit, path):
    page = visit(path.as_uri()).page
    key = page.evaluate(
        "`rbench-demo:${JSON.parse(document.getElementById('facts').textContent).key}`"
    )
    for stored in ("{", '{"a": 1}', '[1, -2, "x", 1e9, null, 1.5]'):
        page.evaluate("([key, value]) => localStorage.setItem(key, value)", [key, stored])
        page.reload()
        page.wait_for_selector("html[data-ready]")
        count = page.locator("#history li").count()
        assert count == (1 if stored.startswith("[") else 0)


def test_the_keyboard_is_enough(visit, path):
    page = visit(path.as_uri()).page
    page.keyboard.press("/")
    page.keyboard.type("item")
    assert page.locator("#query").get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    assert page.locator("#query").get_attribute("aria-activedescendant") == "option-1"
    page.keyboard.press("Enter")
    until(page, "document.querySelectorAll('.column li').length > 9")
    page.locator(".column li button").nth(2).focus()
    page.keyboard.press("Enter")
    until(page, "document.querySelectorAll('#history li').length === 2")
    until(page, f"{TAPS} === 2")
    held = "[...document.querySelectorAll('.column li button')].indexOf(document.activeElement)"
    assert page.evaluate(held) == 2


@pytest.mark.parametrize(
    ("scheme", "width"), [("light", 1280), ("dark", 390)], ids=["light", "dark phone"]
)
def test_axe_finds_nothing_serious(visit, path, serious, scheme, width):
    page = visit(
        path.as_uri(),
        bypass_csp=True,
        color_scheme=scheme,
        viewport={"width": width, "height": 844},
    ).page
    assert serious(page) == []
    tapped(page, page.locator("#starters button").first)
    tapped(page, page.locator(".column li button").first)
    page.locator("#query").fill("item")
    page.locator("summary").click()
    page.locator("#query").focus()
    assert page.locator("#options").is_visible()
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    background = "getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(background)
    page.locator("#theme").click()
    assert page.evaluate(background) != before


def test_hostile_names_run_nothing(visit, real_runtime, tmp_path):
    run = answering_run(tmp_path / "run", recipes=("float32",))
    items = read_items(run.folder)
    write_items(
        run.folder,
        msgspec.structs.replace(items, items=("", *(EVIL + name for name in items.items[1:]))),
    )
    path = tmp_path / "evil.html"
    demo(run, title=EVIL).write(path)
    found = visit(path.as_uri())
    page = found.page
    tapped(page, page.locator("#starters button").first)
    tapped(page, page.locator(".column li button").first)
    page.locator("#query").fill("</script>")
    assert page.locator("#options li").count() > 1
    assert page.evaluate("window.hurt") is None
    assert found.said == []
    assert page.locator("h1").inner_text() == EVIL


def test_a_folder_opens_again_without_a_network(visit, made, real_runtime, tmp_path):
    demo(made, CELLS[:1], folder=True).write(tmp_path)
    handler = functools.partial(Quiet, directory=str(tmp_path))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/"
    found = visit(url)
    page = found.page
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    until(page, "navigator.serviceWorker.controller !== null")
    server.shutdown()
    server.server_close()
    found.context.set_offline(True)
    page.reload()
    page.wait_for_selector("html[data-ready]", timeout=120_000)
    tapped(page, page.locator("#starters button").first)
    assert page.locator(".column li").count() == 10


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass
