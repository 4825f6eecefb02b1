"""State that survives a run: found in the file, and said where the tool does not set it back."""

import msgspec
import numpy as np
import pytest

pytest.importorskip("ai_edge_litert", reason="files are read with rbench[profile]")

from rbench.cells.target import Target
from rbench.gate.latency import why_shaky
from rbench.profile import ProfileSettings, state, summarise
from rbench.testing.flat import FlatGraph


def assigning() -> bytes:
    """A graph that stores what it is given in a resource variable."""
    graph = FlatGraph()
    given = graph.tensor((1, 4))
    resource, doubled = graph.tensor((), "RESOURCE"), graph.tensor((1, 4))
    graph.op("VAR_HANDLE", (), (resource,), "VarHandleOptions", 1)
    graph.op("ASSIGN_VARIABLE", (resource, given), (), "AssignVariableOptions", 1)
    graph.op("ADD", (given, given), (doubled,), "AddOptions", 1)
    return graph.finish("serve", {"given": given}, {"doubled": doubled})


def test_variable_tensors_are_counted(model):
    assert state.kept(model("recommender")) == state.Kept()
    assert state.kept(model("stateful")) == state.Kept(variables=1)
    assert state.unreset(model("stateful"), resets=False) == "1 variable tensor"
    assert state.unreset(model("stateful"), resets=True) == ""


def test_no_interpreter_sets_back_what_a_graph_assigns(tmp_path):
    path = tmp_path / "assigning.tflite"
    path.write_bytes(assigning())
    assert state.kept(path) == state.Kept(assigned=1)
    for resets in (True, False):
        assert state.unreset(path, resets=resets) == "1 assigned resource variable"


def test_what_cannot_be_read_is_left_to_who_loads_it(tmp_path, model):
    path = tmp_path / "torn.tflite"
    whole = model("stateful").read_bytes()
    for content in (b"", b"nonsense", whole[: len(whole) // 2], whole[:4]):
        path.write_bytes(content)
        assert isinstance(state.kept(path), state.Kept)
    assert state.kept(tmp_path / "nowhere") == state.Kept()
    assert state.kept(tmp_path) == state.Kept()


def test_a_number_of_unreset_state_is_kept_and_never_compared(make_round, tmp_path):
    steady = np.random.default_rng(0).normal(5000, 20, 2000)
    loose = ProfileSettings(rounds=2, min_runs=1, min_seconds=0)
    rounds = [make_round(number, steady, unreset="2 variable tensors") for number in range(2)]
    timing, _ = summarise(loose, Target("cpu"), rounds, tmp_path)
    assert timing.verdict == "invalid"
    assert timing.median_us == pytest.approx(5, rel=0.01)
    (reason,) = timing.reasons
    assert reason.startswith("a state that the tool does not set back (2 variable tensors)")
    assert "set back" in why_shaky(timing)
    assert msgspec.json.decode(msgspec.json.encode(timing), type=type(timing)) == timing
