"""The inventory: every number that it gives, against files whose contents are known."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import msgspec
import numpy as np
import pytest

pytest.importorskip("ai_edge_litert", reason="reading a .tflite needs rbench[profile]")

from backports import zstd

from rbench.convert.census import take_census
from rbench.convert.flatbuffer import pack, parse
from rbench.convert.inventory import LISTED, take_inventory
from rbench.convert.work import count, estimate
from rbench.errors import ModelError
from rbench.testing.flat import FlatGraph, Quantized, recommender
from rbench.testing.whole import rewritten

TABLE = np.random.default_rng(1).normal(size=(50, 4)).astype(np.float32)
DOCS = Path(__file__).parents[2] / "docs" / "file-formats.md"


def inventory_of(*tensors):
    """Of constants: (type, shape, data[, quantized])."""
    graph = FlatGraph()
    for kind, shape, data, *quantized in tensors:
        graph.tensor(shape, kind, data, *quantized)
    return take_inventory(graph.finish("s", {}, {}))


def test_sizes_and_counts_agree_with_the_census() -> None:
    content = recommender(TABLE)
    found = take_inventory(content)
    assert found.size_bytes == len(content)
    assert found.gzip_bytes == len(gzip.compress(content, 9, mtime=0))
    assert found.zstd_bytes == len(zstd.compress(content, 19)) < len(content)
    assert (found.ops, found.tensor_bytes) == take_census(content)
    assert found.signatures["recommend"].inputs == ("context: INT32 [1, 6]",)
    assert (found.version, found.subgraphs) == (3, 1)
    assert sum(c.size_bytes for c in found.constants) == sum(found.tensor_bytes.values())
    sizes = [c.size_bytes for c in found.constants]
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize(
    ("kind", "shape", "data", "quantized", "zeros", "distinct"),
    [
        ("FLOAT32", (4,), np.array([0, -0.0, 1, 1], np.float32), None, 2, 2),
        ("FLOAT16", (3,), np.array([0, 2, 2], np.float16), None, 1, 2),
        ("INT8", (2, 2), np.array([0, 3, 3, 4], np.int8), Quantized([0.1], [3]), 2, 3),
        ("INT8", (2, 2), np.array([1, 0, 1, 2], np.int8), Quantized([1, 1], [1, 2]), 2, 3),
        ("INT8", (2, 2), np.array([0, 0, 0, 7], np.int8), Quantized([1, 2], [0, 0]), 3, 2),
        ("INT4", (3,), np.array([0xF0, 0x08], np.uint8), None, 1, 3),  # 0, -1, -8
        ("INT64", (2,), np.array([0, 9]), None, 1, 2),
        ("STRING", (1,), np.array([1, 0, 0, 0], np.int32), None, None, None),
        ("FLOAT32", (9,), np.zeros(2, np.float32), None, None, None),
    ],
)
def test_zeros_and_distinct_values(kind, shape, data, quantized, zeros, distinct) -> None:
    (constant,) = inventory_of((kind, shape, data, quantized)).constants
    assert (constant.type, constant.shape, constant.size_bytes) == (kind, shape, data.nbytes)
    assert (constant.zeros, constant.distinct) == (zeros, distinct)
    assert constant.scales == (len(quantized.scales) if quantized else 0)


def test_what_is_stored_twice_is_found() -> None:
    numbers = np.arange(8, dtype=np.float32)
    found = inventory_of(*[("FLOAT32", (8,), numbers)] * 3, ("INT8", (4,), np.ones(4, np.int8)))
    assert found.stored_twice == {"buffers": 2, "bytes": 64}
    before = recommender(TABLE, scheme="float32")
    assert take_inventory(before).stored_twice["bytes"] >= TABLE.nbytes
    after = take_inventory(rewritten(before)[0])
    assert after.stored_twice == {"buffers": 0, "bytes": 0}
    assert after.constants[0].tensors == 2
    assert after.item_table == {"shared": True, "buffers": 1}
    assert take_inventory(before).item_table["buffers"] == 2


def work_of(name, options, inputs, output, version=1):
    graph = FlatGraph()
    places = [graph.tensor(shape) if shape else -1 for shape in inputs]
    graph.op(name, places, [graph.tensor(output)], options, version)
    return estimate(graph.model)


LSTM = [
    (1, 7, 5),
    *[(3, 5)] * 4,
    *[(3, 3)] * 4,
    *[None] * 3,
    *[(3,)] * 4,
    None,
    None,
    (1, 3),
    (1, 3),
]


@pytest.mark.parametrize(
    ("name", "options", "inputs", "output", "macs"),
    [
        ("FULLY_CONNECTED", "FullyConnectedOptions", [(2, 8), (5, 8), (5,)], (2, 5), 80),
        ("CONV_2D", "Conv2DOptions", [(1, 1, 9, 4), (6, 1, 3, 4), (6,)], (1, 1, 7, 6), 504),
        (
            "DEPTHWISE_CONV_2D",
            "DepthwiseConv2DOptions",
            [(1, 1, 9, 4), (1, 1, 3, 4), (4,)],
            (1, 1, 7, 4),
            84,
        ),
        ("BATCH_MATMUL", "BatchMatMulOptions", [(2, 3, 4), (2, 4, 5)], (2, 3, 5), 120),
        (
            "UNIDIRECTIONAL_SEQUENCE_LSTM",
            "UnidirectionalSequenceLSTMOptions",
            LSTM,
            (1, 7, 3),
            7 * 4 * (15 + 9),
        ),
        ("ADD", "AddOptions", [(4,), (4,)], (4,), 0),
    ],
)
def test_multiply_accumulates(name, options, inputs, output, macs) -> None:
    found = work_of(name, options, inputs, output)
    assert (found.macs, found.uncounted) == (macs, {})
    numbers = sum(int(np.prod(shape)) for shape in [*inputs, output] if shape)
    assert found.touched_bytes == 4 * numbers


def test_an_operator_without_a_formula_is_named() -> None:
    found = work_of("TRANSPOSE_CONV", "TransposeConvOptions", [(4,), (4,)], (4,))
    assert (found.macs, found.uncounted) == (0, {"TRANSPOSE_CONV": 1})


def test_a_lookup_touches_the_rows_that_it_gives() -> None:
    found = work_of("GATHER", "GatherOptions", [(1000, 8), (3,)], (3, 8))
    assert found.touched_bytes == 4 * (2 * 24 + 3)


def test_a_record_gets_the_largest_constants() -> None:
    many = [("FLOAT32", (n,), np.arange(n, dtype=np.float32)) for n in range(1, 30)]
    facts = inventory_of(*many).facts()
    assert [c["size_bytes"] for c in facts["constants"]] == [
        4 * n for n in range(29, 29 - LISTED, -1)
    ]
    assert facts["constants_total"] == 29
    msgspec.json.encode(facts)


def test_names_are_fit_for_a_terminal() -> None:
    model = parse(recommender(TABLE))
    for tensor in model.subgraphs[0].tensors:
        tensor.name = b"\x1b[31mred\xff\n"
    found = take_inventory(pack(model))
    assert all(c.tensor.isprintable() for c in found.constants)


def test_a_shape_beyond_all_reason_is_refused() -> None:
    model = parse(recommender(TABLE))
    model.subgraphs[0].tensors[0].shape = np.full(8, 2**31 - 1, np.int32)
    with pytest.raises(ValueError, match="numbers"):
        count(model.subgraphs[0].tensors[0])
    with pytest.raises(ModelError, match="no sound"):
        take_inventory(pack(model))


def test_the_page_on_file_formats_has_every_key() -> None:
    page = DOCS.read_text("utf-8")
    section = page[page.index("### `census`") : page.index("### `quality`")]
    documented = set(re.findall(r"`([a-z_]+)`", section))
    facts = take_inventory(recommender(TABLE)).facts()
    keys = {
        *facts,
        *facts["constants"][0],
        *facts["item_table"],
        *facts["stored_twice"],
        "reason",
        "nodes",
    }
    assert keys | {"reason", "nodes"} <= documented


def flipped(content: bytes, number: int) -> bytes:
    random = np.random.default_rng(number)
    changed = bytearray(content)
    for _ in range(int(random.integers(1, 9))):
        changed[int(random.integers(8, len(changed)))] = int(random.integers(0, 256))
    return bytes(changed)


@pytest.mark.parametrize("scheme", ["float32", "dynamic", "static"])
def test_a_damaged_file_is_read_or_refused(scheme) -> None:
    content = recommender(TABLE, scheme=scheme)
    refused = []
    for number in range(200):
        try:
            found = take_inventory(flipped(content, number))
        except ModelError as error:
            refused.append(str(error))
        else:
            msgspec.json.encode(found)
    assert refused
    assert not any("\n" in said for said in refused)
