"""The JavaScript client in a real browser with the real runtime: what node's stub cannot show."""

import functools
import http.server
import json
import shutil
import threading

import pytest

from rbench import litertjs
from rbench.errors import ToolError
from rbench.ship import ship
from rbench.ship.clients import client as python
from rbench.testing import damage
from rbench.testing.answering import answering_run

pytestmark = pytest.mark.browser
HISTORY = [7, 8, 9, 10, 11, 12, 13, 14]
PAGE = """<!doctype html><title>client</title><script type="module">
import * as litert from './litert.mjs';
import {Recommender, selftest} from './client.js';
window.ask = async (bundle, history) => {
  globalThis.loaded ??= litert.loadLiteRt('./wasm/');
  await globalThis.loaded;
  const problems = await selftest(bundle, litert);
  if (problems.length) return {problems};
  const recommender = await Recommender.open(bundle, litert);
  const answer = await recommender.recommend(history, 10);
  recommender.close();
  return {problems, answer};
};
window.ready = true;
</script>"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder with bundles, sound and damaged, and the runtime, served from this machine."""
    try:
        runtime = litertjs.fetched()
    except ToolError as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("site")
    run = answering_run(folder / "run")
    for recipe in ("float32", "dynamic_wi8", "static_wi8_ai8"):
        ship(run, folder / recipe, f"bow/{recipe}")
    ship(run, folder / "one.tflite", "bow/dynamic_wi8", single_file=True)
    state = answering_run(folder / "state", recipes=("float32",), stateful=True)
    ship(state, folder / "stateful", "bow/float32")
    for change in (damage.corrupt_model, damage.swap_table, damage.turn_names, damage.lose_name):
        change(shutil.copytree(folder / "dynamic_wi8", folder / change.__name__))
    sealed = shutil.copytree(folder / "swap_table", folder / "sealed")
    damage.seal(sealed, "model.tflite", "model")
    shutil.copy(folder / "float32/client.js", folder)
    (folder / "litert.mjs").write_text(litertjs.module(runtime), "utf-8")
    shutil.copytree(runtime.build("")[0].parent, folder / "wasm")
    (folder / "index.html").write_text(PAGE, "utf-8")
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


class Quiet(http.server.SimpleHTTPRequestHandler):
    extensions_map = {  # noqa: RUF012 - as the base class has it
        ".mjs": "text/javascript",
        ".js": "text/javascript",
        ".wasm": "application/wasm",
        ".html": "text/html",
        "": "application/octet-stream",
    }

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def page(site, browser):
    page = browser.new_page()
    page.goto(site[1])
    page.wait_for_function("window.ready")
    yield page
    page.close()


@pytest.mark.parametrize("bundle", ["float32", "dynamic_wi8", "static_wi8_ai8", "one.tflite"])
def test_the_browser_answers_as_shipped(site, page, bundle):
    said = page.evaluate(f"ask('./{bundle}', {json.dumps(HISTORY)})")
    assert said["problems"] == []
    wanted = python.Recommender(site[0] / bundle).recommend(HISTORY, 10)
    assert not set(said["answer"]["items"]) & set(HISTORY)
    assert set(said["answer"]["items"]) == set(wanted.items)
    assert said["answer"]["scores"] == pytest.approx(wanted.scores, abs=0.1)


@pytest.mark.parametrize(
    ("bundle", "cause"),
    [
        ("corrupt_model", "the model is not the one that was shipped"),
        ("swap_table", "another model or item table put there"),
        ("sealed", "golden questions are answered otherwise"),
        ("turn_names", "items.json is stale: it calls item"),
        ("lose_name", "items.json is stale: it names 499 items, the model ranks 500"),
        ("stateful", "unrolled+"),
        ("nowhere", "404"),
    ],
)
def test_what_is_wrong_is_said_with_its_cause(page, bundle, cause):
    said = page.evaluate(f"ask('./{bundle}', [])")
    assert any(cause in one for one in said["problems"]), said
