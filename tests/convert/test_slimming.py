"""What is left out says nothing: the same graph, constants and answers in fewer bytes."""

import numpy as np
import pytest

pytest.importorskip("ai_edge_litert", reason="reading a .tflite needs rbench[profile]")

from ai_edge_litert.interpreter import Interpreter

from rbench.convert import take_inventory
from rbench.convert.flatbuffer import parse
from rbench.convert.packing import pack_weights
from rbench.convert.slimming import slim
from rbench.testing.flat import FlatGraph, recommender
from rbench.testing.whole import after, gpu_ready, rewritten

ITEMS = 3_001


@pytest.fixture(scope="module", params=["float32", "dynamic", "static"])
def pair(request):
    table = np.random.default_rng(1).normal(size=(ITEMS, 8)).astype(np.float32)
    whole = gpu_ready(rewritten(recommender(table, scheme=request.param))[0])
    return whole, after(whole, slim)


def test_it_answers_as_before(pair):
    contexts = np.random.default_rng(2).integers(1, ITEMS, (5, 1, 6)).astype(np.int32)
    before, now = (Interpreter(model_content=c).get_signature_runner("recommend") for c in pair)
    for context in contexts:
        expected, found = before(context=context), now(context=context)
        np.testing.assert_array_equal(found["items"], expected["items"])
        np.testing.assert_array_equal(found["scores"], expected["scores"])


def test_constants_are_the_same_and_have_their_names(pair):
    before, now = map(take_inventory, pair)
    assert now.size_bytes < before.size_bytes
    kept = [(c.tensor, c.type, c.shape, c.zeros, c.distinct, c.scales) for c in now.constants]
    known = {(c.tensor, c.type, c.shape, c.zeros, c.distinct, c.scales) for c in before.constants}
    assert known.issuperset(kept)
    assert len(kept) == len(before.constants) - before.stored_twice["buffers"]
    assert now.stored_twice == {"buffers": 0, "bytes": 0}
    assert (now.ops, now.inputs, now.outputs) == (before.ops, before.inputs, before.outputs)
    assert now.item_table == before.item_table


def test_only_what_is_used_is_left_and_nothing_more_goes_the_second_time(pair):
    _, small = pair
    model = parse(small)
    tensors = model.subgraphs[0].tensors
    assert {t.buffer for t in tensors} == set(range(len(model.buffers)))
    assert all(b.data is not None and len(b.data) for b in model.buffers[1:])
    assert not any(t.quantization and t.quantization.scale is None for t in tensors)
    assert after(small, slim) == small


def test_every_tensor_has_a_name_of_its_own(pair):
    """Tools that quantize take it for a key."""
    _, small = pair
    named = [tensor.name for tensor in parse(small).subgraphs[0].tensors]
    assert None not in named
    assert len(set(named)) == len(named)


def test_what_is_added_is_packed_too():
    """A table of positions, which tf.lite's dynamic quantization leaves in float32."""
    positions = np.random.default_rng(3).normal(size=(1, 40, 32)).astype(np.float32)
    graph = FlatGraph()
    given, result = graph.tensor((1, 40, 32)), graph.tensor((1, 40, 32))
    graph.op("ADD", (given, graph.tensor((1, 40, 32), data=positions)), (result,), "AddOptions", 1)
    small = after(
        graph.finish("add", {"x": given}, {"y": result}),
        lambda model: pack_weights(model, 8, dynamic=True),
        slim,
    )
    assert take_inventory(small).tensor_bytes == {"INT8": positions.size}
    found = Interpreter(model_content=small).get_signature_runner("add")(
        x=np.zeros((1, 40, 32), np.float32)
    )
    assert np.abs(found["y"] - positions).max() <= np.abs(positions).max() / 127 / 2 * 1.001
