"""Files are read whole or refused, and written aligned, in the same bytes each time."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("ai_edge_litert", reason="reading a .tflite needs rbench[profile]")

from rbench.convert import take_inventory
from rbench.convert.flatbuffer import ALIGNMENT, pack, parse
from rbench.convert.tidying import tidy
from rbench.errors import ModelError
from rbench.testing.flat import FlatGraph, recommender
from rbench.testing.whole import rewritten

TABLE = np.random.default_rng(1).normal(size=(50, 4)).astype(np.float32)


def places(content: bytes) -> list[int]:
    """Where each buffer's data begins."""
    from ai_edge_litert import schema_py_generated as schema

    model = schema.Model.GetRootAs(content, 0)
    buffers = [model.Buffers(number) for number in range(model.BuffersLength())]
    return [b._tab.Vector(b._tab.Offset(4)) for b in buffers if b.DataLength()]


def test_what_is_written_is_what_was_read() -> None:
    content = pack(parse(recommender(TABLE)))
    assert content[4:8] == b"TFL3"
    assert pack(parse(content)) == content
    assert places(content)
    assert all(place % ALIGNMENT == 0 for place in places(content))
    assert all(place % ALIGNMENT == 0 for place in places(rewritten(content)[0]))


def test_signature_and_operators_survive() -> None:
    before = parse(recommender(TABLE))
    after = parse(rewritten(recommender(TABLE))[0])
    for model in (before, after):
        assert model.signatureDefs[0].signatureKey == b"recommend"
    assert [list(o.inputs) for o in before.subgraphs[0].operators] == [
        list(o.inputs) for o in after.subgraphs[0].operators
    ]


@pytest.mark.parametrize("content", [b"", b"TFL3", b"PK\x03\x04....", b"\x00" * 100])
def test_what_is_no_tflite_is_refused(content) -> None:
    with pytest.raises(ModelError, match="TFL3"):
        parse(content)


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_torn_file_is_refused(part) -> None:
    content = recommender(TABLE)
    with pytest.raises(ModelError, match="no sound"):
        parse(content[: int(len(content) * part)])


def test_equal_buffers_are_merged_and_stray_ones_emptied() -> None:
    graph, numbers = FlatGraph(), np.arange(8, dtype=np.float32)
    for kind in ("FLOAT32", "FLOAT32", "FLOAT32"):
        graph.tensor((8,), kind, numbers)
    graph.graph.tensors[2].isVariable = True
    graph.buffer(np.ones(100, np.float32))
    entry = graph.schema.MetadataT()
    entry.name, entry.buffer = "told", graph.buffer(np.arange(3, dtype=np.uint8))
    graph.model.metadata.append(entry)
    tidy(graph.model)
    one, two, variable = (tensor.buffer for tensor in graph.graph.tensors)
    assert one == two != variable
    kept = {n for n, b in enumerate(graph.model.buffers) if b.data is not None}
    assert kept == {one, variable, entry.buffer}


def behind(content: bytes) -> bytes:
    """The file with its constants behind the model, as writers of large files put them."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(content, 0)
    moved = [(b, bytes(b.data)) for b in model.buffers if b.data is not None and len(b.data)]

    def written() -> bytes:
        builder = flatbuffers.Builder()
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    for buffer, _ in moved:
        buffer.data, buffer.offset, buffer.size = None, 1, 1
    place, parts = len(written()), b""
    for buffer, data in moved:
        parts += b"\0" * (-(place + len(parts)) % ALIGNMENT)
        buffer.offset, buffer.size = place + len(parts), len(data)
        parts += data
    return written() + parts


def test_constants_behind_the_model_are_read_and_written_inside() -> None:
    from ai_edge_litert.interpreter import Interpreter

    content = recommender(TABLE)
    outside = behind(content)
    assert outside != content
    assert rewritten(outside) == rewritten(content)
    assert take_inventory(outside).constants == take_inventory(content).constants
    context = np.array([[0, 0, 1, 2, 3, 4]], np.int32)
    found = [
        Interpreter(model_content=made).get_signature_runner("recommend")(context=context)["scores"]
        for made in (outside, pack(parse(outside)))
    ]
    assert np.array_equal(*found)


@pytest.mark.parametrize("lost", [1, 100])
def test_constants_behind_the_end_are_refused(lost) -> None:
    with pytest.raises(ModelError, match=r"no sound .*a buffer ends at"):
        parse(behind(recommender(TABLE))[:-lost])
