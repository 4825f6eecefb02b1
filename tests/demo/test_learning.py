"""The page of a file that learns, in a real browser: both lists, the switch, and forgetting."""

import pytest

from rbench.demo import demo
from rbench.ship import ship
from rbench.ship.clients import client
from rbench.testing.answering import answering_run

pytestmark = pytest.mark.browser
LISTS = "[...document.querySelectorAll('.column')].filter(c => !c.hidden).map(c =>"
LISTS += " [...c.querySelectorAll('li')].map(row => +row.dataset.item))"


@pytest.fixture(scope="module", params=["variable", "tensor"])
def made(request, tmp_path_factory):
    """A page and a client of the same file."""
    folder = tmp_path_factory.mktemp("learning")
    run = answering_run(folder / "run", recipes=("float32",), personal=request.param)
    return run, client.Recommender(ship(run, folder / "bundle").to)


def touched(page, items):
    """Touch them in their order, and wait for what is ranked then."""
    for item in items:
        before = page.evaluate("tap")
        page.evaluate(f"touch({item})")
        until(page, f"tap > {before} && columns().every((one) => answers[one])")


def until(page, expression):
    for _ in range(3000):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(10)
    raise AssertionError(f"never true: {expression}")


def told(recommender, history):
    """What the Python client lists for this history, frozen and after learning it."""
    session = client.Session()
    for at in range(1, len(history)):
        recommender.learn(session, history[:at], history[at])
    return [
        recommender.recommend(history, 10).items,
        recommender.recommend(history, 10, session=session).items,
    ]


def test_it_learns_what_the_python_client_learns(made, real_runtime, browser, tmp_path):
    run, recommender = made
    demo(run).write(tmp_path / "demo.html")
    context = browser.new_context(offline=True)
    page = context.new_page()
    said = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto((tmp_path / "demo.html").as_uri())
    page.wait_for_selector("html[data-ready]", timeout=120_000)
    touched(page, [3, 40, 9, 77])
    frozen, learning = told(recommender, [3, 40, 9, 77])
    assert page.evaluate(LISTS) == [frozen, learning]
    assert frozen != learning
    page.locator("#learning").uncheck()
    until(page, "columns().every((one) => answers[one]) && columns().length === 1")
    assert page.evaluate(LISTS) == [frozen]
    page.locator("#learning").check()
    until(page, "answers.every(Boolean)")
    page.evaluate("untouch(1)")
    until(page, "answers.every(Boolean)")
    assert page.evaluate(LISTS) == told(recommender, [3, 9, 77])
    page.locator("#forget").click()
    touched(page, [9])
    assert page.evaluate(LISTS) == [recommender.recommend([9], 10).items] * 2
    assert not said
    context.close()


def test_a_file_that_does_not_learn_has_no_switch(runtime, tmp_path):
    run = answering_run(tmp_path / "run", recipes=("float32",))
    page = demo(run).files["index.html"].decode()
    assert '"learns":true' not in page
