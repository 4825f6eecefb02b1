"""What to ask files of strangers, and which of their signatures."""

from __future__ import annotations

import shlex

import numpy as np
import pytest

pytest.importorskip("ai_edge_litert", reason="reading a .tflite needs rbench[profile]")

from rbench.convert.flatbuffer import pack, parse
from rbench.convert.leading import leading
from rbench.errors import ModelError
from rbench.profile.ranges import Range
from rbench.profile.strangers import Way, entry_of, inputs_of, made_up, way_into
from rbench.testing import strange
from rbench.testing.flat import FlatGraph, Quantized, recommender


@pytest.fixture
def made(tmp_path):
    def write(content):
        path = tmp_path / "model.tflite"
        path.write_bytes(content)
        return path

    return write


def test_inputs_are_known_by_place_too(made) -> None:
    path = made(strange.summing((1, 4), "INT16", ("", "")))
    found = inputs_of(path, {"0": Range(0, 3), "#1": Range(-2, 2)})
    assert [(e.place, e.name, str(e.range)) for e in found] == [
        (0, "", "0 to 3"),
        (1, "", "-2 to 2"),
    ]
    assert str(found[0]) == "input 0, int16 [1, 4]: 0 to 3 (given)"


@pytest.mark.parametrize(
    "names", [("x", "y"), ("", ""), ("same", "same"), ("it's a:b=c", "1"), ("a\0b", "a\x1b[31m")]
)
def test_the_printed_remedy_works(made, names) -> None:
    path = made(strange.summing((1, 4), "INT32", names))
    with pytest.raises(ModelError) as caught:
        inputs_of(path, {})
    said = shlex.split(caught.value.remedy.partition("e.g. with: ")[2])
    ranges = {}
    for option, word in zip(said[::2], said[1::2], strict=True):
        assert option == "--range"
        name, _, both = word.rpartition("=")
        assert both == "0:1"
        ranges[name] = Range(0, 1)
    assert [entry.why for entry in inputs_of(path, ranges)] == ["given", "given"]
    assert caught.value.remedy.isprintable()


def test_an_input_has_one_range(made) -> None:
    path = made(strange.summing())
    with pytest.raises(ModelError, match="two ranges"):
        inputs_of(path, {"x": Range(0, 1), "0": Range(0, 1)})


def test_a_range_that_its_type_does_not_hold_is_refused(made) -> None:
    path = made(strange.summing((1, 4), "INT8"))
    with pytest.raises(ModelError, match=r"x cannot be given 0 to 300: int8 holds -128 to 127"):
        inputs_of(path, {"x": Range(0, 300)})


@pytest.mark.parametrize(
    ("shape", "found"), [((), ()), (None, ()), ((0, 4), (0, 4)), ((-1, 4), (1, 4))]
)
def test_any_shape_is_asked_as_the_runtime_takes_it(made, shape, found) -> None:
    assert {entry.shape for entry in inputs_of(made(strange.summing(shape)), {})} == {found}


def test_open_sizes_are_said(made) -> None:
    (first, _) = inputs_of(made(strange.summing((1, 4), signature=(-1, 4))), {})
    assert first.why == "floats, by default; open sizes are 1"


def test_whole_numbers_with_a_scale_are_given_all_that_they_hold(made) -> None:
    graph = FlatGraph()
    source = graph.tensor((1, 4), "INT16", quantized=Quantized([0.1], [0]))
    result = graph.tensor((1, 4), "INT16", quantized=Quantized([0.1], [0]))
    graph.op("ADD", (source, source), (result,), "AddOptions", 1)
    graph.graph.inputs, graph.graph.outputs = [source], [result]
    (found,) = inputs_of(made(pack(graph.model)), {})
    assert found.range == Range(-32768, 32767)


def test_texts_are_not_made_up(made) -> None:
    with pytest.raises(ModelError, match=r"holds texts.*--contexts FILE\.npz"):
        inputs_of(made(strange.summing((1,), "STRING")), {})


def test_types_without_numbers_are_named(made) -> None:
    with pytest.raises(ModelError, match="its input x is int4"):
        inputs_of(made(strange.summing((1,), "INT4")), {})


def test_a_file_without_a_graph_is_told_so(made) -> None:
    graph = FlatGraph()
    graph.model.subgraphs = []
    with pytest.raises(ModelError, match="no graph in it"):
        way_into(made(pack(graph.model)))


def test_operators_without_inputs_are_no_hindrance(made) -> None:
    assert len(inputs_of(made(strange.variable()), {})) == 2


def test_the_first_signature_is_timed_unless_another_is_named(made) -> None:
    path = made(strange.two_ways())
    assert way_into(path) == Way("one", 0, ("one", "two"))
    assert way_into(path).leads
    assert way_into(path, "two") == Way("two", 1, ("one", "two"))
    assert not way_into(path, "two").leads
    with pytest.raises(ModelError, match="no signature 'three'; allowed: one, two"):
        way_into(path, "three")
    assert way_into(made(strange.summing())).leads
    with pytest.raises(ModelError, match="it has no signatures"):
        way_into(path, "one")


def test_a_copy_has_the_signature_first_and_answers_the_same(made) -> None:
    from ai_edge_litert.interpreter import Interpreter

    content = strange.two_ways(4, 6)
    copy = leading(content, "two")
    assert way_into(made(copy)) == Way("two", 0, ("two", "one"))
    before, after = Interpreter(model_content=content), Interpreter(model_content=copy)
    x = np.arange(10, dtype=np.float32)[None]
    for key, size in (("one", 4), ("two", 6)):
        found = [i.get_signature_runner(key)(x=x)["y"] for i in (before, after)]
        assert np.array_equal(*found)
        assert found[0].shape == (1, size)
    assert after.get_output_details()[0]["shape"].tolist() == [1, 6]


def test_graphs_that_operators_run_keep_their_numbers() -> None:
    model = parse(strange.two_ways())
    graph = FlatGraph()
    graph.model, graph.graph = model, model.subgraphs[0]
    graph.op("WHILE", (), (), "WhileOptions", 1)
    options = model.subgraphs[0].operators[-1].builtinOptions
    options.condSubgraphIndex, options.bodySubgraphIndex = 0, 1
    moved = parse(leading(pack(model), "two")).subgraphs[1].operators[-1].builtinOptions
    assert (moved.condSubgraphIndex, moved.bodySubgraphIndex) == (1, 0)


def test_contexts_are_bounded(made) -> None:
    path = made(recommender(np.ones((300, 4), np.float32), length=6))
    entry = entry_of(path)
    assert made_up(entry, 256, 1).shape == (256, 6)
    assert made_up(entry._replace(length=1_000_000), 256, 1).shape == (16, 1_000_000)
