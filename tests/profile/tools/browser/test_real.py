"""Rounds in the real browsers, where they and the runtime are here."""

import functools
import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("ai_edge_litert", reason="the host's answers need rbench[profile]")

from rbench import litertjs
from rbench.cells.target import Target
from rbench.errors import StageError, ToolError
from rbench.profile import measure, samples
from rbench.profile.tools.browser import session
from rbench.profile.tools.browser.plugin import Chromium
from rbench.profile.tools.browser.server import Server
from rbench.testing import ToolContract
from rbench.testing.flat import recommender
from rbench.testing.tool_contract import QUICK

pytestmark = pytest.mark.browser
RECORDED = Path(__file__).parents[3] / "recorded" / "litertjs"
WRONG = RECORDED / "gru_static_wi8_ai8.tflite"


@pytest.fixture(autouse=True)
def here():
    try:
        litertjs.fetched()
    except ToolError as error:
        pytest.skip(str(error))
    if shutil.which("chromium") is None:
        pytest.skip("no chromium: apt-get install chromium")


class TestChromium(ToolContract):
    """On the CPU, and on a GPU that is a program where there is no other."""

    tool = Chromium()


@pytest.fixture
def files(tmp_path):
    """Makes a file of a scheme, and contexts."""

    def make(scheme):
        draw = np.random.default_rng(1)
        model, contexts = tmp_path / f"{scheme}.tflite", tmp_path / "contexts.npy"
        table = draw.normal(size=(300, 16)).astype(np.float32)
        model.write_bytes(recommender(table, 6, scheme=scheme))
        np.save(contexts, draw.integers(1, 300, (16, 6)).astype(np.int32))
        return model, contexts

    return make


def test_a_gpu_whose_answers_are_wrong_fails_the_cell(tmp_path):
    """A real file, gru in static int8 with 60 items. Without its shader the GPU answers otherwise,
    and raises nothing.
    """
    contexts = tmp_path / "contexts.npy"
    np.save(contexts, np.random.default_rng(1).integers(1, 60, (8, 8)).astype(np.int32))
    with pytest.raises(StageError, match=r"chromium/webgpu: Chromium .*(WGSL|answers otherwise)"):
        measure(QUICK, WRONG, Target.parse("chromium/webgpu"), contexts, 0, tmp_path)
    assert not (tmp_path / samples.SAMPLES).exists()


def test_a_page_that_is_not_isolated_times_nothing(files, tmp_path, monkeypatch):
    monkeypatch.setattr(session, "Server", functools.partial(Server, headers={}))
    model, contexts = files("float32")
    with pytest.raises(StageError, match="the page is not isolated"):
        measure(QUICK, model, Target.parse("chromium/wasm"), contexts, 0, tmp_path)


def test_firefox_answers_too(files, tmp_path):
    if shutil.which("firefox-esr") is None and shutil.which("firefox") is None:
        pytest.skip("no firefox: apt-get install firefox-esr")
    model, contexts = files("dynamic")
    made = measure(QUICK, model, Target.parse("firefox/wasm"), contexts, 0, tmp_path)
    assert made.state["top_alike"] == 1.0
    assert made.state["clock_step_us"] < 100
    assert "Firefox" in made.runtime
