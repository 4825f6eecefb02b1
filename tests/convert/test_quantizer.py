"""ai-edge-quantizer's road: int16 around norms that stay float32, within ranges that hold all."""

from __future__ import annotations

from collections import Counter
from importlib.util import find_spec

import numpy as np
import pytest

if not find_spec("tensorflow"):  # importing it takes seconds
    pytest.skip("conversion needs rbench[sweep]", allow_module_level=True)

from rbench.convert import INPUT, SIGNATURE
from rbench.convert.flatbuffer import op_name, pack, parse, type_name
from rbench.convert.norms import inside_norms
from rbench.convert.quantizer import _ranges, quantize
from rbench.evaluate.file_scorer import FileScorer
from rbench.features import Features
from rbench.profile.tools.litert.nodes import nodes_taken
from rbench.testing.flat import recommender
from rbench.testing.whole import narrowed, rewritten

ITEMS = 150
NORMS = 5
"""Of an attention encoder with two blocks."""
NORM = {"MEAN": 2, "SQUARED_DIFFERENCE": 1, "ADD": 2, "RSQRT": 1, "MUL": 3, "SUB": 1}
"""Operator -> how often a norm has it."""


@pytest.fixture
def graph_of(converted):
    """(encoder's name, recipe) -> the parsed model, and its main graph."""

    def make(name: str, recipe: str):
        model = parse(converted(name, recipe).path.read_bytes())
        return model, model.subgraphs[0]

    return make


def types(graph, places):
    return [type_name(graph.tensors[int(place)]) for place in places if place >= 0]


@pytest.mark.slow
def test_a_norm_is_its_ten_operators(graph_of) -> None:
    model, graph = graph_of("attention", "float32")
    found = [op_name(model, operator) for operator in inside_norms(model, graph)]
    assert Counter(found) == {name: number * NORMS for name, number in NORM.items()}
    assert len(inside_norms(*graph_of("bow", "float32"))) == sum(NORM.values())


@pytest.mark.slow
def test_norms_are_float_and_every_product_is_int8_by_int16(graph_of) -> None:
    model, graph = graph_of("attention", "static_wi8_ai16")
    norms = inside_norms(model, graph)
    assert len(norms) == sum(NORM.values()) * NORMS
    for operator in norms:
        assert types(graph, operator.outputs) == ["FLOAT32"]
    products = [o for o in graph.operators if op_name(model, o) == "FULLY_CONNECTED"]
    in_a_block = 2 * 3 + 1 + 2  # two heads' query, key and value; output; two to feed forward
    assert len(products) == 2 * in_a_block + 1, "and the scoring"
    for operator in products:
        assert types(graph, operator.inputs)[:2] == ["INT16", "INT8"]
        assert types(graph, operator.outputs) == ["INT16"]
    for operator in graph.operators:
        if op_name(model, operator) in {"BATCH_MATMUL", "SOFTMAX"}:
            assert set(types(graph, [*operator.inputs, *operator.outputs])) == {"INT16"}
    lookup = next(o for o in graph.operators if op_name(model, o) == "GATHER")
    assert types(graph, lookup.inputs[:1]) == ["INT8"]


@pytest.mark.slow
def test_int16_is_closer_to_keras_than_int8(converted) -> None:
    apart = {}
    for scheme in ("static_wi8_ai8", "static_wi8_ai16"):
        made = converted("attention", scheme)
        apart[scheme] = np.abs(FileScorer(made.path, ITEMS)(made.contexts) - made.scores).mean()
    assert apart["static_wi8_ai16"] < apart["static_wi8_ai8"] / 2


@pytest.mark.slow
def test_xnnpack_takes_no_lookup_and_no_product_of_int16(converted) -> None:
    """Why the policy calls cells of the scheme on XNNPACK unsupported."""
    for name, norms in (("bow", 1), ("attention", NORMS)):
        made = converted(name, "static_wi8_ai16")
        left = nodes_taken(made.path, "xnnpack").left_behind
        taken = Counter(made.result.ops) - Counter(left)
        # What it would take, had it to: the scores, floats by then; norms, and what stands around;
        # who is newer than whom, in attention.
        within = {"CONCATENATION": 1, "DEQUANTIZE": 2 * norms, "QUANTIZE": 2 * norms}
        within |= {op: number * norms for op, number in NORM.items()}
        within |= {"MINIMUM": 3, "RELU_N1_TO_1": 1}
        assert taken <= Counter(within)


@pytest.mark.slow
def test_the_librarys_own_ranges_would_cut_off(converted) -> None:
    """Why calibration asks it for one context at a time."""
    from ai_edge_quantizer import quantizer, recipe

    made = converted("attention", "float32")
    library = quantizer.Quantizer(str(made.path), recipe.static_wi8_ai16())
    contexts = made.contexts[:30]
    whole = _ranges(library.calibrate, Features.of(contexts))
    moving = library.calibrate({SIGNATURE: [{INPUT: context[None]} for context in contexts]})
    spans = [
        (np.max(found["max"]) - np.min(found["min"])) / (np.max(all_["max"]) - np.min(all_["min"]))
        for found, all_ in ((moving[name], whole[name]) for name in whole if "max" in whole[name])
        if np.max(all_["max"]) > np.min(all_["min"])
    ]
    assert max(spans) <= 1 + 1e-6
    assert np.mean(np.array(spans) < 0.9) > 0.2


def test_ranges_are_the_outermost_of_all_contexts() -> None:
    seen = iter([(-1.0, 2.0), (-3.0, 1.0), (-2.0, 5.0)])

    def calibrate(queries, num_threads):
        low, high = next(seen)
        return {"a": {"min": np.array([[low]]), "max": np.array([[high]])}, "ids": {}}

    found = _ranges(calibrate, Features.of(np.zeros((3, 4), np.int32)))
    assert (found["a"]["min"].item(), found["a"]["max"].item()) == (-3.0, 5.0)
    assert found["ids"] == {}


@pytest.mark.slow
def test_a_large_file_keeps_its_constants(tmp_path) -> None:
    """From 256 kB on the library puts them behind the model."""
    items = 9000
    random = np.random.default_rng(1)
    table = random.normal(size=(items, 16)).astype(np.float32)
    contexts = random.integers(1, items, (30, 6)).astype(np.int32)
    before, _ = rewritten(recommender(table, scheme="float32"))
    library = pack(quantize(parse(before), "static_wi8_ai16", contexts))
    after, shared = rewritten(narrowed(library))
    assert shared.facts() == {"shared": True, "buffers": 1}
    assert table.size < len(after) < 1.1 * table.size
    scores = []
    for content in (before, library, after):
        (tmp_path / "model.tflite").write_bytes(content)
        scores.append(FileScorer(tmp_path / "model.tflite", items)(contexts))
    for found in scores[1:]:
        assert np.abs(found - scores[0]).mean() < 0.02 * scores[0].std()
