"""Two files that no run made: what they can be asked, and both timed in turn."""

import shutil

import msgspec
import numpy as np
import pytest

from rbench.cells.target import Target
from rbench.cli import main
from rbench.errors import ModelError, Unsupported
from rbench.profile import pair
from rbench.profile.pair import time_pair
from rbench.profile.ranges import Range
from rbench.profile.strangers import Entry, entry_of, made_up
from rbench.testing import strange

pytestmark = pytest.mark.slow

LENGTH, ITEMS = 8, 300
"""Of the fixture's `recommender`."""


@pytest.mark.parametrize("name", ["recommender", "shifted"])
def test_a_table_is_found_from_the_input_on(model, name):
    assert entry_of(model(name)) == Entry(length=LENGTH, rows=ITEMS)


@pytest.mark.parametrize("name", ["lookup_only", "two_islands"])
def test_without_a_table_nothing_is_asked(model, name):
    with pytest.raises(ModelError, match=f"{name}.tflite: cannot tell how many items it knows"):
        entry_of(model(name))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "TFL3 is missing"),
        (b"<html>not a model</html>", "TFL3 is missing"),
        (b"\x1c\x00\x00\x00TFL3" + b"\xff" * 200, "no sound .tflite"),
    ],
)
def test_what_is_no_model(tmp_path, content, says):
    pytest.importorskip("ai_edge_litert")
    path = tmp_path / "odd.tflite"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"odd\.tflite") as caught:
        entry_of(path)
    assert says in str(caught.value)


def test_a_model_that_is_not_there(tmp_path):
    with pytest.raises(ModelError, match="cannot be read: no such file"):
        entry_of(tmp_path / "nowhere.tflite")


def test_made_up_contexts_fit_the_table():
    contexts = made_up(Entry(length=6, rows=10), 200, seed=3)
    assert contexts.shape == (200, 6)
    assert contexts.dtype == np.int32
    assert (contexts.min(), contexts.max()) == (0, 9)
    filled = contexts > 0
    assert filled[:, -1].all(), "the newest item is last and never padding"
    assert (np.diff(filled.astype(int), axis=1) >= 0).all(), "padding is on the left"
    assert (made_up(Entry(length=6, rows=10), 200, seed=3) == contexts).all()


@pytest.mark.parametrize(
    ("name", "target", "nodes"),
    [("recommender", "xnnpack", 5), ("shifted", "cpu", 7)],
)
def test_both_are_timed_in_the_same_rounds(model, quick, tmp_path, name, target, nodes):
    new, old = model(name), tmp_path / "old.tflite"
    shutil.copy(new, old)
    folder = tmp_path / "timings"
    folder.mkdir()
    timed = time_pair(quick, new, old, Target.parse(target), folder)
    for one in timed:
        assert one.timing.rounds == quick.rounds
        assert len(one.timing.round_medians_us) == quick.rounds
        assert one.timing.runs >= quick.min_runs
        assert one.delegation.nodes_total == nodes
    asked = [np.load(folder / name / "contexts.npy") for name in ("new", "old")]
    assert (asked[0] == asked[1]).all()


@pytest.fixture
def summing(tmp_path):
    """Writes files that add up two inputs."""

    def write(name, *arguments):
        path = tmp_path / name
        path.write_bytes(strange.summing(*arguments))
        return path

    return write


def test_files_with_other_inputs_are_asked_the_same(summing, quick, tmp_path):
    """Of any number and type, by name or place; each what both of them take."""
    (tmp_path / "new").mkdir()
    (tmp_path / "old").mkdir()
    models = {
        "new": summing("new.tflite", (1, 4), "FLOAT32"),
        "old": summing("old.tflite", (1, 4), "FLOAT32"),
    }
    asked = pair._asked(quick, models, tmp_path, {"0": Range(0, 3)})
    new, old = (np.load(path) for path in asked.values())
    assert len(new.files) == 2
    for key in new.files:
        assert new[key].shape == (quick.contexts, 1, 4)
        assert (new[key] == old[key]).all()
    assert 2 < new[new.files[0]].max() < 3
    assert new[new.files[1]].max() < 1


def test_the_command_times_files_with_other_inputs(summing, few, capsys):
    path = summing("a.tflite", (1, 4), "INT32")
    command = ["--model", path, "--against-model", path, "--max-ratio", "2"]
    assert gate(*command, "--target", "cpu") == 2
    assert "--range" in capsys.readouterr().err
    code = gate(*command, "--target", "cpu", "--range", "0=0:9", "--range", "1=0:9")
    said = capsys.readouterr().out
    assert code == 0, said
    assert "latency ratio" in said


def test_a_target_that_is_not_here(model, quick, tmp_path, monkeypatch):
    monkeypatch.setenv("VK_DRIVER_FILES", "/dev/null")
    path = model("recommender")
    (tmp_path / "timings").mkdir()
    with pytest.raises(Unsupported):
        time_pair(quick, path, path, Target.parse("gpu"), tmp_path / "timings")


def gate(*arguments):
    with pytest.raises(SystemExit) as caught:
        main(["gate", *map(str, arguments)])
    return caught.value.code


@pytest.fixture
def few(monkeypatch, quick):
    """Both files are timed for real, in few rounds; what is judged are times that are known: those
    of microseconds on a busy machine may be compared or not.
    """
    monkeypatch.setattr(pair, "SETTINGS", quick)

    def known(*given):
        return tuple(
            timed._replace(
                timing=msgspec.structs.replace(
                    timed.timing, verdict="stable", reasons=(), round_medians_us=(us, us * 1.01)
                )
            )
            for timed, us in zip(time_pair(*given), (3.0, 2.0), strict=True)
        )

    monkeypatch.setattr(pair, "time_pair", known)


def test_the_command_times_both(model, few, tmp_path, capsys):
    new, old = model("recommender"), tmp_path / "old.tflite"
    shutil.copy(new, old)
    command = ["--model", new, "--against-model", old, "--max-ratio", "2"]
    assert gate(*command) == 0
    said = capsys.readouterr().out
    assert "latency ratio" in said
    assert "recommender.tflite on xnnpack: median " in said
    assert "2 of 5 nodes delegated" in said
    assert "1.500" in said
    assert gate(*command[:-1], "1.4", "--target", "cpu") == 1
    assert "FAIL" in capsys.readouterr().out


def test_a_file_that_the_runtime_refuses_fails(model, few, tmp_path, capsys, monkeypatch):
    """A fallback to plain kernels is no XNNPACK time."""
    new = model("lookup_only")
    monkeypatch.setattr(pair, "entry_of", lambda path: Entry(length=LENGTH, rows=ITEMS))
    assert gate("--model", new, "--against-model", new, "--max-ratio", "5") == 1
    assert "XNNPACK took 0 of" in capsys.readouterr().out
