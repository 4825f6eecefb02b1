"""Any .tflite is read within its own size, and whatever is hostile in it is one clear line."""

from __future__ import annotations

import os
import struct
import tracemalloc

import numpy as np
import pytest

from rbench.errors import ModelError
from rbench.tflite import external_files, mapped, read

pytest.importorskip("ai_edge_litert", reason="making a .tflite needs rbench[profile]")

from rbench.convert.flatbuffer import pack, parse
from rbench.testing.flat import FlatGraph, recommender

TABLE = np.random.default_rng(1).normal(size=(50, 4)).astype(np.float32)


class Bytes(bytearray):
    """A flatbuffer by hand: tables of 4-byte fields that point wherever a test wants."""

    def table(self, fields: int) -> list[int]:
        """The places of its fields; its own place is 4 before the first."""
        layout = len(self)
        self += struct.pack(
            f"<HH{fields}H", 4 + 2 * fields, 4 + 4 * fields, *range(4, 4 + 4 * fields, 4)
        )
        self += b"\0" * (-len(self) % 4)
        place = len(self)
        self += struct.pack("<i", place - layout) + bytes(4 * fields)
        return [place + 4 + 4 * field for field in range(fields)]

    def vector(self, count: int) -> int:
        self += struct.pack("<I", count) + bytes(4 * count)
        return len(self) - 4 - 4 * count

    def point(self, at: int, to: int) -> None:
        self[at : at + 4] = struct.pack("<I", to - at)


def shell(tensors: int, operators: int = 0) -> tuple[Bytes, int, int]:
    """A model with one graph; its vectors of tensors and operators point nowhere yet."""
    made = Bytes(b"\0\0\0\0TFL3")
    model = made.table(5)
    made.point(0, model[0] - 4)
    made[model[0] : model[0] + 4] = struct.pack("<I", 3)
    codes, graphs, buffers = made.vector(0), made.vector(1), made.vector(0)
    description = made.vector(0)
    for field, place in ((1, codes), (2, graphs), (3, description), (4, buffers)):
        made.point(model[field], place)
    graph = made.table(4)
    made.point(graphs + 4, graph[0] - 4)
    places = [made.vector(tensors), made.vector(0), made.vector(0), made.vector(operators)]
    for field, place in enumerate(places):
        made.point(graph[field], place)
    return made, places[0] + 4, places[3] + 4


def one_name(tensors: int, length: int) -> bytes:
    """All tensors are one table, whose name is long."""
    made, first, _ = shell(tensors)
    fields = made.table(4)
    for number in range(tensors):
        made.point(first + 4 * number, fields[0] - 4)
    _tensor_of(made, fields)
    name = len(made)
    made += struct.pack("<I", length) + b"A" * length + b"\0"
    made.point(fields[3], name)
    return bytes(made)


def with_tensors(tensors: int) -> tuple[Bytes, list[list[int]]]:
    """A model with so many tables of tensors, and the fields of each."""
    made, first, _ = shell(tensors)
    every = []
    for number in range(tensors):
        every.append(made.table(4))
        _tensor_of(made, every[-1])
        made.point(first + 4 * number, every[-1][0] - 4)
    return made, every


def one_name_of_many_tables(tensors: int, length: int) -> bytes:
    made, every = with_tensors(tensors)
    name = len(made)
    made += struct.pack("<I", length) + b"A" * length + b"\0"
    for fields in every:
        made.point(fields[3], name)
    return bytes(made)


def overlapping_names(tensors: int, length: int) -> bytes:
    """Each name begins 4 bytes behind the one before it."""
    made, every = with_tensors(tensors)
    names = len(made)
    made += struct.pack("<I", length) * (tensors + length // 4)
    for number, fields in enumerate(every):
        made.point(fields[3], names + 4 * number)
    return bytes(made)


def one_operator(operators: int, inputs: int) -> bytes:
    """All operators are one table with many inputs."""
    made, _, first = shell(0, operators)
    fields = made.table(3)
    for number in range(operators):
        made.point(first + 4 * number, fields[0] - 4)
    made.point(fields[1], made.vector(inputs))
    made.point(fields[2], made.vector(0))
    return bytes(made)


def one_vector(operators: int, inputs: int) -> bytes:
    """Each operator is a table of its own, all have the same many inputs."""
    made, _, first = shell(0, operators)
    every = []
    for number in range(operators):
        every.append(made.table(3))
        made.point(first + 4 * number, every[-1][0] - 4)
    many, none = made.vector(inputs), made.vector(0)
    for fields in every:
        made.point(fields[1], many)
        made.point(fields[2], none)
    return bytes(made)


def _tensor_of(made: Bytes, fields: list[int]) -> None:
    shape = made.vector(1)
    made.point(fields[0], shape)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (one_name(4000, 160_000), "4,000 tensors in 1 tables"),
        (one_operator(4000, 20_000), "4,000 operators in 1 tables"),
        (one_vector(500, 20_000), "refer to more than"),
        (overlapping_names(4000, 160_000), "overlap"),
    ],
)
def test_what_is_small_in_the_file_and_large_in_memory_is_refused(content, words) -> None:
    tracemalloc.start()
    with pytest.raises(ModelError, match="no sound") as caught:
        read(content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert words in str(caught.value)
    assert peak < 32 * len(content) + 1_000_000


def test_a_name_that_many_tensors_share_is_read_once() -> None:
    model = read(one_name_of_many_tables(500, 100_000))
    names = {id(tensor.name) for tensor in model.subgraphs[0].tensors}
    assert len(model.subgraphs[0].tensors) == 500
    assert len(names) == 1


def test_a_tensor_of_too_many_dimensions_is_refused() -> None:
    made, first, _ = shell(1)
    fields = made.table(4)
    made.point(first, fields[0] - 4)
    made.point(fields[0], made.vector(65))
    with pytest.raises(ModelError, match="65 dimensions"):
        read(bytes(made))


def test_a_table_that_is_its_own_part_ends() -> None:
    made, first, _ = shell(1)
    made.point(first, first)  # an offset of 0: the vector's element is taken for a table
    with pytest.raises(ModelError, match="no sound"):
        read(bytes(made))


@pytest.mark.parametrize("scheme", ["float32", "dynamic", "static"])
def test_it_reads_what_the_schema_s_own_reader_reads(scheme) -> None:
    content = recommender(TABLE, scheme=scheme)
    ours, theirs = read(content), parse(content)
    assert [c.builtinCode for c in ours.operatorCodes] == [
        c.builtinCode for c in theirs.operatorCodes
    ]
    for one, other in zip(ours.subgraphs, theirs.subgraphs, strict=True):
        assert [t.name for t in one.tensors] == [t.name for t in other.tensors]
        assert [list(o.inputs) for o in one.operators] == [list(o.inputs) for o in other.operators]
        assert list(one.inputs) == list(other.inputs)
        for mine, schema in zip(one.tensors, other.tensors, strict=True):
            assert (mine.type, mine.buffer, list(mine.shape)) == (
                schema.type,
                schema.buffer,
                list(schema.shape),
            )
            assert (mine.quantization is None) == (schema.quantization is None)
            if mine.quantization is not None:
                assert list(mine.quantization.scale) == list(schema.quantization.scale)
                assert list(mine.quantization.zeroPoint) == list(schema.quantization.zeroPoint)
    for mine, schema in zip(ours.buffers, theirs.buffers, strict=True):
        assert (mine.data is None) == (schema.data is None)
        assert mine.data is None or mine.data.tobytes() == bytes(schema.data)
    (signature,) = ours.signatureDefs
    assert signature.signatureKey == b"recommend"
    assert [entry.name for entry in signature.inputs] == [b"context"]


@pytest.mark.parametrize("content", [b"", b"TFL3", b"PK\x03\x04....", b"\x00" * 100])
def test_what_is_no_tflite_is_refused(content) -> None:
    with pytest.raises(ModelError, match="TFL3"):
        read(content)


def test_every_cut_is_read_or_refused() -> None:
    content = recommender(TABLE[:5, :2])
    refused = 0
    for length in range(8, len(content), 7):
        try:
            read(content[:length])
        except ModelError:
            refused += 1
    assert refused


def outside(weights: int = 100) -> bytes:
    """A file whose one constant lies in weights.bin, behind 64 bytes of another's."""
    graph = FlatGraph()
    graph.tensor((weights // 4,))
    graph.graph.tensors[0].externalBuffer = 1
    group, held = graph.schema.ExternalBufferGroupT(), graph.schema.ExternalBufferT()
    group.name, held.id, held.offset, held.length, held.packing = "weights.bin", 1, 64, weights, ""
    graph.model.externalBufferGroups, graph.model.externalBuffers = [group], [held]
    return graph.finish("serve", {}, {})


def test_weights_in_another_file_are_named(tmp_path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(outside())
    (found,) = external_files(path)
    assert (found.name, found.path) == ("weights.bin", tmp_path / "weights.bin")
    assert (found.needs_bytes, found.size_bytes) == (164, None)
    (tmp_path / "weights.bin").write_bytes(bytes(200))
    assert external_files(path)[0].size_bytes == 200


def test_most_files_keep_their_weights(tmp_path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(recommender(TABLE))
    assert external_files(path) == ()


def test_a_group_that_is_not_there_is_refused(tmp_path) -> None:
    model = parse(outside())
    model.externalBuffers[0].group = 7
    (tmp_path / "model.tflite").write_bytes(pack(model))
    with pytest.raises(ModelError, match=r"model\.tflite: no sound"):
        external_files(tmp_path / "model.tflite")


def test_what_cannot_be_read_is_said_at_once(tmp_path) -> None:
    with pytest.raises(ModelError, match="no such file"):
        mapped(tmp_path / "none")
    with pytest.raises(ModelError, match="is a directory"):
        mapped(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ModelError, match="a device or a pipe"):
        mapped(tmp_path / "pipe")
