"""From a page's words to a round. A stand-in says them; the host's answers are real."""

import msgspec
import numpy as np
import pytest

pytest.importorskip("ai_edge_litert", reason="the host's answers need rbench[profile]")

from rbench import litertjs
from rbench.cells.target import Target
from rbench.errors import StageError, Unsupported
from rbench.profile import ProfileSettings, samples, summarise
from rbench.profile.tools.browser import run as module
from rbench.profile.tools.browser.plugin import Browser
from rbench.testing.flat import recommender
from rbench.testing.tool_contract import QUICK

pytestmark = pytest.mark.slow

LENGTH, ITEMS, K = 4, 30, 5
WASM, WEBGPU = (Target(delegate=name, tool="browser") for name in ("wasm", "webgpu"))


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A model, contexts, and what a host answers, packed as the stand-in needs it."""
    monkeypatch.setattr(litertjs, "fetched", lambda: litertjs.Runtime(tmp_path, "00"))
    monkeypatch.setattr(module, "_page", lambda _: {})
    draw = np.random.default_rng(1)
    model, contexts = tmp_path / "model.tflite", tmp_path / "contexts.npy"
    model.write_bytes(recommender(draw.normal(size=(ITEMS, 4)).astype(np.float32), LENGTH, K))
    np.save(contexts, draw.integers(1, ITEMS, (3, LENGTH)).astype(np.int32))
    host = module._host(model, contexts, 60.0, "")
    return model, contexts, [host[name].ravel().tolist() for name in ("items", "scores")]


def timed(files, folder, target=WASM, **settings):
    model, contexts, _ = files
    own = ProfileSettings(**{"rounds": 3, "contexts": 3, **settings})
    return Browser().time(own, model, target, contexts, 2, folder)


def body(files, change="", result="RESULT"):
    return (
        f"items, scores = {files[2]!r}\nmore = {{}}\n{change}\n"
        f"if answers(items, scores, **more)['time']:\n"
        f"    say('begin', {{}})\n    say('result', {result})\ntime.sleep(60)"
    )


def test_both_times_are_kept(standin, files, tmp_path):
    standin(body(files))
    made = timed(files, tmp_path)
    read = samples.read(tmp_path)
    assert read.samples_ns.tolist() == [20_000, 30_000, 40_000]
    assert read.query_ns.tolist() == [50_000, 60_000, 70_000]
    assert (made.timed, made.median_us, made.runs) == ("invoke", 30.0, 3)
    assert (made.load_us, made.first_us, made.warmup_runs) == (2500.0, 1500.0, 7)
    assert (made.number, made.offset, made.contexts) == (2, 2, 3)
    assert "a batch of 90 and 40, 2 ms and more" in made.said
    assert made.stopwatch.tick_ns == 56
    assert made.state["inferences_a_sample"] == {"invoke": 90, "query": 40}
    assert made.state["top_alike"] == 1.0
    assert made.tool == Browser().build(WASM) == "litertjs 2.5.3, Standin 1.0"
    assert made.delegation is None


def test_the_time_of_whole_batches_counts(standin, files, tmp_path):
    """3 samples of 30 us, of 90 inferences each: 8.1 ms were timed."""
    standin(body(files))
    place = tmp_path / "round"
    place.mkdir()
    made = timed(files, place)
    (place / "result.json").write_bytes(msgspec.json.encode(made))
    for least, said in ((0.008, False), (0.0082, True)):
        own = ProfileSettings(rounds=1, min_runs=3, min_seconds=least)
        timing, _ = summarise(own, WASM, [place], tmp_path)
        assert any("too short: 0.0081 of" in reason for reason in timing.reasons) == said
        assert (timing.runs, timing.query_us) == (3, 60.0)


def test_the_page_is_ordered_a_rounds_share(standin, files, tmp_path):
    standin(
        "assert (order['runs'], order['timed_ms'], order['most_ms']) == (40, 200, 1000), order\n"
        "assert (order['offset'], order['contexts'], order['checked']) == (2, 3, 3), order\n"
        "assert order['batch_ms'] == 5, order\n" + body(files)
    )
    timed(
        files,
        tmp_path,
        min_runs=120,
        min_seconds=0.6,
        max_seconds=3.0,
        tool={"browser": {"batch_ms": 5}},
    )


@pytest.mark.parametrize(
    "result",
    ["RESULT | dict(tick_ns=None)", "RESULT | dict(samples={'invoke': [None]})", "dict(faults=[])"],
)
def test_a_result_without_a_number_is_no_measurement(standin, files, tmp_path, result):
    """An infinity of the page's is a null in its JSON."""
    standin(body(files, result=result))
    with pytest.raises(StageError, match=r"the page's result is none: .*"):
        timed(files, tmp_path)


def test_other_answers_have_no_time(standin, files, tmp_path):
    standin(body(files, "items[:5] = items[10:]"))
    with pytest.raises(StageError, match=r"answers otherwise than this host: .*'items'"):
        timed(files, tmp_path)
    assert not (tmp_path / samples.SAMPLES).exists()


def test_a_fault_fails_right_answers(standin, files, tmp_path):
    standin(body(files, "more = dict(faults=['invalid shader'])"))
    with pytest.raises(StageError, match=r"Standin 1\.0: invalid shader"):
        timed(files, tmp_path)


def test_a_software_gpu_is_marked(standin, files, tmp_path):
    query = "RESULT | dict(samples={'query': [9e6]}, size={'query': 1})"
    change = "more = dict(adapter={'vendor': 'google', 'architecture': 'swiftshader'})"
    standin(body(files, change, query))
    made = timed(files, tmp_path, WEBGPU)
    assert made.timed == "query"
    assert made.delegation.software
    assert made.delegation.adapter == "google swiftshader"
    assert made.delegation.remarks


def test_without_the_runtime_a_cell_is_unsupported(tmp_path, monkeypatch, standin):
    standin("")
    monkeypatch.setenv("RBENCH_LITERTJS", str(tmp_path / "nowhere"))
    model = tmp_path / "model.tflite"
    model.write_bytes(b"")
    with pytest.raises(Unsupported, match="rbench tool fetch litertjs"):
        Browser().time(QUICK, model, WASM, model, 0, tmp_path)


def test_variable_tensors_are_unsupported(tmp_path, monkeypatch):
    from rbench.profile import state

    monkeypatch.setattr(state, "kept", lambda _: state.Kept(variables=2))
    said = Browser().file_objection(tmp_path / "x", WASM)
    assert "variable tensors are not yet supported, and the file has 2" in said
    assert "unrolled+" in said


def test_one_thread_is_timed():
    two = Target(delegate="wasm", tool="browser", threads=2)
    assert "browser/wasm@2" in Browser().objection(None, two)
    assert Browser().objection(None, WASM) == ""


def test_batches_are_2_ms_at_least():
    from rbench.errors import StudyError

    with pytest.raises(StudyError, match="batch_ms"):
        Browser().own(ProfileSettings(tool={"browser": {"batch_ms": 0.5}}))
