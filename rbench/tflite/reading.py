"""A .tflite, ours or a stranger's, read into the objects of `rbench.tflite.model`.

It needs no runtime; nothing is run or written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from rbench.errors import ModelError
from rbench.tflite.flatbuffer import Content, DamagedError, Source, Table
from rbench.tflite.model import (
    Blocks,
    Buffer,
    ExternalBuffer,
    Graph,
    Model,
    Operator,
    OperatorCode,
    Options,
    Quantization,
    Signature,
    Tensor,
    TensorMap,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

IDENTIFIER = b"TFL3"
MOST_DIMENSIONS = 64
"""Of a tensor: numpy has no more, the runtime's kernels 8."""
BLOCKWISE = 2
"""Of QuantizationDetails."""
AXIS, ADJOINED = 23, 101
"""Of BuiltinOptions: GatherOptions and BatchMatMulOptions."""
CALLS = {16: (0,), 92: (0, 1), 93: (0, 1), 103: (0,)}
"""Of BuiltinOptions: Call, If, While, CallOnce -> fields with the number of a graph."""
CALLS_2 = {15: (0, 1), 21: (1,)}
"""Of BuiltinOptions2: StablehloWhile, StableHLOComposite."""


def read(content: Content) -> Model:
    """The file as objects. Memory and time are bounded by its size, see `rbench.tflite.flatbuffer`.

    Raises:
        ModelError: the content is no .tflite, or a torn one.
    """
    with _sound():
        model = _model(_root(content))
        _count_references(model, len(content))
        return model


def external_ends(content: Content) -> list[tuple[bytes, int]]:
    """Name of each other file that holds weights, and the end of the last of them in it.

    Raises:
        ModelError: as for `read`.
    """
    with _sound():
        root = _root(content)
        names = root.tables(8, _group)
        ends = [0] * len(names)
        for buffer in root.tables(9, _external):
            ends[buffer.group] = max(ends[buffer.group], buffer.offset + buffer.length)
        return [(name or b"", end) for name, end in zip(names, ends, strict=True)]


def unsound(error: Exception) -> ModelError:
    """What is said of a file whose insides do not fit together."""
    said = " ".join(str(error).split())[:200]
    kind = "" if isinstance(error, DamagedError) else f"{type(error).__name__}: "
    return ModelError(
        f"no sound .tflite: {kind}{said}",
        remedy="the file is torn: convert or download it again",
    )


@contextmanager
def _sound() -> Iterator[None]:
    try:
        yield
    except ModelError:
        raise
    except Exception as error:  # numbers in a damaged file may say anything
        raise unsound(error) from error


def _root(content: Content) -> Table:
    if bytes(content[4:8]) != IDENTIFIER:
        raise ModelError(f"no .tflite: the file identifier {IDENTIFIER.decode()} is missing")
    return Source(content).root()


def _model(root: Table) -> Model:
    return Model(
        version=root.number(0, "I"),
        description=root.text(3),
        operatorCodes=root.tables(1, _code),
        subgraphs=root.tables(2, _graph),
        buffers=root.tables(4, _buffer),
        signatureDefs=root.tables(7, _signature),
        externalBufferGroups=root.tables(8, _group),
        externalBuffers=root.tables(9, _external),
    )


def _code(table: Table) -> OperatorCode:
    return OperatorCode(
        table.number(0, "b"), table.number(3, "i"), table.text(1), table.number(2, "i", 1)
    )


def _graph(table: Table) -> Graph:
    tensors, operators = table.tables(0, _tensor), table.tables(3, _operator)
    for what, listed in (("tensors", tensors), ("operators", operators)):
        tables = len({id(entry) for entry in listed})
        if len(listed) > 4 * tables + 64:
            raise DamagedError(f"{len(listed):,} {what} in {tables:,} tables")
    return Graph(table.text(4), tensors, _places(table, 1), _places(table, 2), operators)


def _tensor(table: Table) -> Tensor:
    shape, signature = table.numbers(0, "<i4"), table.numbers(7, "<i4")
    for sizes in (shape, signature):
        if sizes is not None and len(sizes) > MOST_DIMENSIONS:
            raise DamagedError(f"a tensor of {len(sizes):,} dimensions")
    return Tensor(
        shape=shape,
        shapeSignature=signature,
        type=table.number(1, "b"),
        buffer=table.number(2, "I"),
        name=table.text(3),
        quantization=table.table(4, _quantization),
        isVariable=bool(table.number(5, "B")),
        hasSparsity=table.has(6),
        externalBuffer=table.number(10, "I"),
    )


def _quantization(table: Table) -> Quantization:
    details = table.table(5, _blocks) if table.number(4, "B") == BLOCKWISE else None
    return Quantization(
        table.numbers(2, "<f4"), table.numbers(3, "<i8"), table.number(6, "i"), details
    )


def _blocks(table: Table) -> Blocks:
    return Blocks(table.number(0, "i"), table.number(1, "i"), table.number(2, "i"))


def _operator(table: Table) -> Operator:
    return Operator(table.number(0, "I"), _places(table, 1), _places(table, 2), _options(table))


def _options(table: Table) -> Options:
    kind, second = table.number(3, "B"), table.number(11, "B")
    made = Options()
    if kind == AXIS:
        made = table.table(4, _axis) or made
    elif kind == ADJOINED:
        made = table.table(4, _adjoined) or made
    for field, fields in ((4, CALLS.get(kind)), (12, CALLS_2.get(second))):
        if fields:
            made = table.table(field, _calls(fields)) or made
    return made


def _axis(table: Table) -> Options:
    return Options(axis=table.number(0, "i"))


def _adjoined(table: Table) -> Options:
    return Options(adjX=bool(table.number(0, "B")))


@cache
def _calls(fields: tuple[int, ...]) -> Callable[[Table], Options]:
    return lambda table: Options(graphs=tuple(table.number(field, "i") for field in fields))


def _buffer(table: Table) -> Buffer:
    data, offset, size = table.numbers(0, "u1"), table.number(1, "Q"), table.number(2, "Q")
    if offset > 1 and size and (data is None or not len(data)):
        data = table.elsewhere(offset, size)
    return Buffer(data)


def _signature(table: Table) -> Signature:
    return Signature(
        table.text(2), table.number(4, "I"), table.tables(0, _map), table.tables(1, _map)
    )


def _map(table: Table) -> TensorMap:
    return TensorMap(table.text(0), table.number(1, "I"))


def _group(table: Table) -> bytes | None:
    return table.text(0)


def _external(table: Table) -> ExternalBuffer:
    return ExternalBuffer(
        table.number(0, "I"), table.number(1, "I"), table.number(2, "Q"), table.number(3, "Q")
    )


def _places(table: Table, field: int) -> NDArray[np.int32]:
    """Numbers of tensors; a vector that is left out is an empty one."""
    import numpy as np

    found = table.numbers(field, "<i4")
    return np.zeros(0, np.int32) if found is None else found


def _count_references(model: Model, size: int) -> None:
    """Refuse what is small in the file and large to go through: one vector read a million times.

    Raises:
        DamagedError: what is referred to, each time it is, is many times the file.
    """
    limit = 4 * size + 65536
    spent = sum(0 if buffer.data is None else len(buffer.data) for buffer in model.buffers)
    weights: dict[int, int] = {}
    for graph in model.subgraphs:
        if id(graph) not in weights:
            weights[id(graph)] = 4 * (
                sum(1 + len(o.inputs) + len(o.outputs) for o in graph.operators)
                + sum(1 + (0 if t.shape is None else len(t.shape)) for t in graph.tensors)
            )
        spent += weights[id(graph)]
        if spent > limit:
            break
    names = sum(len(s.inputs) + len(s.outputs) for s in model.signatureDefs)
    if spent + 4 * names > limit:
        raise DamagedError(f"its parts refer to more than {limit:,} bytes of {size:,}")
