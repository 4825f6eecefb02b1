"""Packed files: what they answer on both sets of kernels, beside the float32 file."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

if not find_spec("tensorflow"):  # importing it takes seconds
    pytest.skip("conversion needs rbench[sweep]", allow_module_level=True)

from rbench import plugins
from rbench.convert.flatbuffer import op_name, parse, type_name
from rbench.convert.inventory import take_inventory
from rbench.convert.item_table import find_item_table
from rbench.convert.sharing import table_of
from rbench.encoding import Form, ModelSettings
from rbench.testing.unshared import unshared
from rbench.testing.whole import packed, rewritten

pytestmark = pytest.mark.slow

ITEMS, SETTINGS = 400, ModelSettings(width=32, length=10, top_k=20)
KERNELS = ("BUILTIN_WITHOUT_DEFAULT_DELEGATES", "BUILTIN")
NAMES = ("bow", "cnn", "lstm", "gru", "attention")
WAYS = {"weight_only_wi8": (8, False), "weight_only_wi4": (4, False), "dynamic_wi4": (4, True)}


@pytest.fixture(scope="module")
def contexts():
    random = np.random.default_rng(5)
    made = random.integers(1, ITEMS + 1, (60, SETTINGS.length)).astype(np.int32)
    for row in made:
        row[: random.integers(0, SETTINGS.length - 1)] = 0
    return made


@pytest.fixture(scope="module")
def float32(contexts):
    """(encoder, on a grid) -> the float32 file, as drawn or with weights of 4 bits."""
    import tf_keras

    from rbench.convert.export import Recommender
    from rbench.graph.model import scoring_model
    from rbench.testing.whole import converted

    made: dict[tuple[str, bool], bytes] = {}

    def make(name: str, on_grid: bool = False) -> bytes:
        if (name, on_grid) not in made:
            tf_keras.backend.clear_session()
            tf_keras.utils.set_random_seed(3)
            model = scoring_model(plugins.encoder(name), SETTINGS, ITEMS, Form(last=True))
            for weight in model.weights if on_grid else ():
                numbers = weight.numpy()
                scale = np.abs(numbers).max() / 7 or 1.0
                weight.assign(np.rint(numbers / scale) * scale)
            recommender = Recommender(model, SETTINGS.length, SETTINGS.top_k)
            content = converted("float32", recommender, contexts)
            made[name, on_grid] = rewritten(content)[0]
        return made[name, on_grid]

    return make


def answers(content: bytes, contexts, kernels: str):
    """Items and scores, each ``(contexts, k)``."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    made = Interpreter(
        model_content=content,
        num_threads=1,
        experimental_op_resolver_type=OpResolverType[kernels],
    )
    made.allocate_tensors()
    source = made.get_input_details()[0]["index"]
    outputs = made.get_signature_runner("recommend").get_output_details()
    places = [outputs[name]["index"] for name in ("items", "scores")]
    found = []
    for context in contexts:
        made.reset_all_variables()
        made.set_tensor(source, context[None])
        made.invoke()
        found.append([made.get_tensor(place)[0] for place in places])
    return [np.array(part) for part in zip(*found, strict=True)]


def kept(one, other, k=10) -> float:
    return float(
        np.mean([len(set(a[:k]) & set(b[:k])) / k for a, b in zip(one, other, strict=True)])
    )


KEPT = {"weight_only_wi8": 0.94, "weight_only_wi4": 0.6, "dynamic_wi4": 0.6}
"""Way -> least share of the float32 file's ten best items; random weights are the worst case."""


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", NAMES)
def test_a_packed_file_runs_on_both_kernels_and_names_like_items(
    float32, contexts, name, way
) -> None:
    before = float32(name)
    after, shared = rewritten(packed(before, *WAYS[way]))
    assert shared.facts() == {"shared": True, "buffers": 1}
    best = answers(before, contexts, KERNELS[0])[0]
    plain, xnnpack = (answers(after, contexts, kernels)[0] for kernels in KERNELS)
    assert kept(best, plain) >= KEPT[way]
    assert kept(best, xnnpack) >= KEPT[way]
    assert kept(plain, xnnpack) >= 0.95


OF_TWO = {"weight_only_wi8": 0.95, "weight_only_wi4": 0.75, "dynamic_wi4": 0.95}
"""Way -> least share of the ten best items of the same packing with two tables. Two tables have a
scale for each row that scores: against one scale for all, that tells at 4 bits; blocks keep up."""


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", NAMES)
def test_one_packed_table_names_the_items_of_two(float32, contexts, name, way) -> None:
    one, _ = rewritten(packed(float32(name), *WAYS[way]))
    two = packed(unshared(float32(name)), *WAYS[way])
    assert (table_of(parse(one)).buffers, table_of(parse(two)).buffers) == (1, 2)
    for kernels in KERNELS:
        best, found = (answers(content, contexts, kernels)[0] for content in (two, one))
        assert kept(best, found) >= OF_TWO[way], kernels


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["bow", "attention"])
def test_weights_on_a_grid_of_4_bits_come_out_as_they_went_in(float32, contexts, name, way) -> None:
    """As training for 4 bits leaves them: then only the activations are rounded, if any."""
    before = float32(name, on_grid=True)
    after, _ = rewritten(packed(before, *WAYS[way]))
    assert not take_inventory(after).stored_twice["buffers"]
    items, scores = answers(before, contexts, KERNELS[0])
    for kernels in KERNELS:
        again, close = answers(after, contexts, kernels)
        if way.startswith("weight_only"):
            assert np.allclose(close, scores, rtol=1e-4, atol=1e-5)
        else:
            assert kept(items, again) >= 0.9
    if way == "dynamic_wi4":
        model = parse(after)
        table = model.subgraphs[0].tensors[find_item_table(model).lookup]
        assert len(table.quantization.scale) == 1, "no blocks where one scale says it all"


def test_blocks_are_kept_where_one_scale_would_lose_much(float32) -> None:
    after, _ = rewritten(packed(float32("bow"), 4, dynamic=True))
    model = parse(after)
    found, tensors = find_item_table(model), model.subgraphs[0].tensors
    for place in (found.lookup, found.scoring):
        assert type_name(tensors[place]) == "INT4"
        blocks = tensors[place].quantization.details
        assert blocks.blockSize == 32
        assert type_name(tensors[blocks.scales]) == "FLOAT16"
    inventory = take_inventory(after)
    largest = inventory.constants[0]
    assert (largest.type, largest.size_bytes) == ("INT4", ITEMS * SETTINGS.width // 2)
    assert largest.scales == ITEMS
    assert 8 < largest.distinct <= 15
    assert largest.zeros
    assert inventory.tensor_bytes["INT4"] >= ITEMS * SETTINGS.width // 2


@pytest.mark.parametrize("way", WAYS)
def test_the_same_file_gives_the_same_bytes(float32, way) -> None:
    assert packed(float32("bow"), *WAYS[way]) == packed(float32("bow"), *WAYS[way])


@pytest.mark.parametrize("way", ["weight_only_wi4", "dynamic_wi4"])
def test_a_recurrence_keeps_8_bits(float32, way) -> None:
    """What multiplies the state at every step, and nothing else of that size."""
    model = parse(packed(float32("gru"), *WAYS[way]))
    graph = model.subgraphs[0]
    products = [
        int(operator.inputs[1])
        for operator in graph.operators
        if op_name(model, operator) == "FULLY_CONNECTED"
    ]
    repeated = {tensor for tensor in products if products.count(tensor) > 1}
    stored = {int(o.outputs[0]): int(o.inputs[0]) for o in graph.operators}

    def kind(tensor: int) -> str:
        small = tensor if type_name(graph.tensors[tensor]) != "FLOAT32" else stored[tensor]
        return type_name(graph.tensors[small])

    assert len(repeated) == 2  # that of the two gates, that of the candidate
    assert {kind(tensor) for tensor in repeated} == {"INT8"}
    assert {kind(tensor) for tensor in set(products) - repeated} == {"INT4"}
