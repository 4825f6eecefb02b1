"""Files of strangers: what one query of them is, what they leave open, what lies elsewhere."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

pytest.importorskip("ai_edge_litert", reason="reading a .tflite needs rbench[profile]")

from backports import zstd

from rbench.convert import compressed as compressing
from rbench.convert.compressed import LARGE, ZSTD_LEVEL, ZSTD_LEVEL_OF_LARGE, compressed
from rbench.convert.flatbuffer import pack, parse
from rbench.convert.inventory import distinct, take_inventory
from rbench.convert.work import estimate
from rbench.errors import ModelError
from rbench.testing import strange
from rbench.testing.flat import FlatGraph


def test_a_query_runs_one_signature() -> None:
    found = take_inventory(strange.two_ways(4, 6, 10))
    assert {key: query.macs for key, query in found.signatures.items()} == {"one": 40, "two": 60}
    assert [query.graph for query in found.signatures.values()] == [0, 1]
    assert found.macs == 40
    assert found.ops == {"FULLY_CONNECTED": 2}


def test_graphs_that_control_flow_runs_are_part_of_the_query() -> None:
    model = parse(strange.two_ways(4, 6, 10))
    graph, schema = FlatGraph(), FlatGraph().schema
    graph.model, graph.graph = model, model.subgraphs[0]
    source, result = model.subgraphs[0].inputs[0], graph.tensor((1, 6))
    graph.op("WHILE", (source,), (result,), "WhileOptions", 1)
    options = model.subgraphs[0].operators[-1].builtinOptions
    options.condSubgraphIndex = options.bodySubgraphIndex = 1
    found = take_inventory(pack(model))
    assert {key: query.macs for key, query in found.signatures.items()} == {"one": 100, "two": 60}
    assert found.uncounted == {}
    assert schema.BuiltinOptions.WhileOptions == 93


def test_graphs_that_run_each_other_end() -> None:
    model = parse(strange.two_ways())
    for number in (0, 1):
        graph = FlatGraph()
        graph.model, graph.graph = model, model.subgraphs[number]
        graph.op("WHILE", (), (), "WhileOptions", 1)
        options = model.subgraphs[number].operators[-1].builtinOptions
        options.condSubgraphIndex = options.bodySubgraphIndex = 1 - number
    assert {q.macs for q in take_inventory(pack(model)).signatures.values()} == {100}


@pytest.mark.parametrize("graph", [7, -1])
def test_a_graph_that_is_not_there_is_refused(graph) -> None:
    model = parse(strange.two_ways())
    made = FlatGraph()
    made.model, made.graph = model, model.subgraphs[0]
    made.op("CALL_ONCE", (), (), "CallOnceOptions", 1)
    model.subgraphs[0].operators[-1].builtinOptions.initSubgraphIndex = graph
    with pytest.raises(ModelError, match=f"graph {graph} of 2"):
        take_inventory(pack(model))


def test_the_schema_s_own_objects_are_estimated_too() -> None:
    model = parse(strange.two_ways())
    assert (estimate(model).macs, estimate(model, 1).macs) == (40, 60)


def test_what_a_file_takes_is_told_without_a_signature_too() -> None:
    found = take_inventory(strange.summing((2, 3), "INT8", ("x", "")))
    assert found.signatures == {}
    assert found.inputs == ("x: INT8 [2, 3]", "1 (no name): INT8 [2, 3]")
    assert found.outputs == ("sum: INT8 [2, 3]",)


def test_a_size_that_the_caller_chooses_is_not_one() -> None:
    found = take_inventory(strange.summing((1, 4), signature=(-1, 4)))
    assert found.inputs == ("x: FLOAT32 [?, 4]", "y: FLOAT32 [?, 4]")
    assert take_inventory(strange.summing((-1, 4))).inputs[0] == "x: FLOAT32 [?, 4]"


@pytest.mark.parametrize(
    "content",
    [
        strange.summing(()),
        strange.summing(None, "INT32"),
        strange.summing(version=2),
        strange.variable(),
        strange.summing((0, 4)),
    ],
)
def test_sound_files_of_any_form_are_read(content) -> None:
    found = take_inventory(content)
    assert found.ops["ADD"] == 1
    assert len(found.inputs) == 2


def test_weights_in_another_file_are_told() -> None:
    found = take_inventory(strange.elsewhere(64, 100))
    assert found.external == {"weights.bin": 25600}
    assert found.tensor_bytes == {}


@pytest.mark.slow
def test_both_sizes_are_those_of_the_usual_tools() -> None:
    random = np.random.default_rng(1)
    large = random.integers(0, 40, LARGE + 1000, np.uint8).tobytes()
    for content, level in ((large, ZSTD_LEVEL_OF_LARGE), (large[:200_000], ZSTD_LEVEL)):
        heard = []
        found = compressed(content, heard.append)
        assert found.gzip_bytes == len(gzip.compress(content, 9, mtime=0))
        apart = 0.0001 if level == ZSTD_LEVEL_OF_LARGE else 0  # blocks end where pieces do
        assert found.zstd_bytes == pytest.approx(len(zstd.compress(content, level)), rel=apart)
        assert found.zstd_level == level
        done = [progress.done for progress in heard]
        assert done == sorted(done)
        assert done[-1] == heard[-1].total == len(content)
    assert compressed(b"").gzip_bytes == len(gzip.compress(b"", 9, mtime=0))


def test_different_bytes_are_counted_piece_by_piece(monkeypatch) -> None:
    monkeypatch.setattr("rbench.convert.inventory.PIECE", 3)
    assert distinct(np.array([1, -1, 1, 0, 7, 7, 7], np.int8)) == 4
    assert distinct(np.array([0.0, -0.0, 2.0], np.float32)) == 2


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_look_at_a_very_large_file_reckons_gzip_from_samples(monkeypatch, share):
    monkeypatch.setattr(compressing, "SAMPLED", 1000)
    monkeypatch.setattr(compressing, "SAMPLE", 4096)
    noise = np.random.default_rng(1).bytes(200_000)
    content = noise[: int(share * 200_000)] + bytes(int((1 - share) * 200_000))
    whole, look = (compressing.compressed(content, sampled=sampled) for sampled in (False, True))
    assert whole.gzip_of_bytes == len(content)
    assert look.gzip_of_bytes == compressing.SAMPLES * 4096
    assert look.zstd_bytes == whole.zstd_bytes
    assert look.gzip_bytes == pytest.approx(whole.gzip_bytes, rel=0.02, abs=2000)
    found = take_inventory(strange.summing(), sampled=True)  # 352 bytes
    assert found.gzip_of_bytes == found.size_bytes


@pytest.mark.parametrize(
    "numbers",
    [
        np.array([], np.float32),
        np.array([1.5], np.float32),
        np.array([0.0, -0.0, np.inf, -np.inf, 1e-45, 1.5, 1.5], np.float32),
        np.array([np.nan, -np.nan, 1.0], np.float32),
        np.array([0.0, -0.0, 2.0], np.float64),
        np.array([0.0, -0.0, 2.0], np.float16),
        np.array([3, 1, 3, -1], np.int32),
        np.random.default_rng(2).integers(0, 50, 1000).astype(np.float32),
    ],
)
def test_different_numbers_are_those_that_numpy_tells_apart(numbers):
    assert distinct(numbers) == len(np.unique(numbers))
