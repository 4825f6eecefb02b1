"""A .tflite as its readers see it, ours or a stranger's: no runtime, nothing is run or written.

The objects carry the schema's own names, so that code reads them like those of
`rbench.convert.flatbuffer`, which also writes. What no reader asks for is left out.

Source: tensorflow/compiler/mlir/lite/schema/schema.fbs.
"""

from __future__ import annotations

import errno
import mmap
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rbench.errors import ModelError
from rbench.tflite.flatbuffer import Content, DamagedError, Source, Table

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


@dataclass(slots=True, frozen=True)
class OperatorCode:
    """A kind of operator."""

    deprecatedBuiltinCode: int
    builtinCode: int
    customCode: bytes | None
    version: int


@dataclass(slots=True, frozen=True)
class Blocks:
    """Scales by blocks: numbers of the tensors that hold them."""

    scales: int
    zeroPoints: int
    blockSize: int


@dataclass(slots=True, frozen=True)
class Quantization:
    """What a tensor's integers stand for."""

    scale: NDArray[np.float32] | None
    zeroPoint: NDArray[np.int64] | None
    quantizedDimension: int
    details: Blocks | None


@dataclass(slots=True, frozen=True)
class Tensor:
    """One tensor; -1 in its shape signature is a size that the caller chooses."""

    shape: NDArray[np.int32] | None
    shapeSignature: NDArray[np.int32] | None
    type: int
    buffer: int
    name: bytes | None
    quantization: Quantization | None
    isVariable: bool
    hasSparsity: bool
    externalBuffer: int


@dataclass(slots=True, frozen=True)
class Options:
    """What readers ask of an operator's options."""

    axis: int = 0
    adjX: bool = False
    graphs: tuple[int, ...] = ()
    """Numbers of the graphs that it runs."""


@dataclass(slots=True, frozen=True)
class Operator:
    """One operator; -1 among its inputs is one that is left out."""

    opcodeIndex: int
    inputs: NDArray[np.int32]
    outputs: NDArray[np.int32]
    builtinOptions: Options


@dataclass(slots=True, frozen=True)
class Graph:
    """One subgraph."""

    name: bytes | None
    tensors: list[Tensor]
    inputs: NDArray[np.int32]
    outputs: NDArray[np.int32]
    operators: list[Operator]


@dataclass(slots=True, frozen=True)
class Buffer:
    """Constants; those of large models lie behind the flatbuffer, those of others in it."""

    data: NDArray[np.uint8] | None


@dataclass(slots=True, frozen=True)
class TensorMap:
    """A name that a signature gives to a tensor."""

    name: bytes | None
    tensorIndex: int


@dataclass(slots=True, frozen=True)
class Signature:
    """A way in: a graph, with names for what it takes and gives."""

    signatureKey: bytes | None
    subgraphIndex: int
    inputs: list[TensorMap]
    outputs: list[TensorMap]


@dataclass(slots=True, frozen=True)
class ExternalBuffer:
    """Constants in another file."""

    id: int
    group: int
    offset: int
    length: int


@dataclass(slots=True, frozen=True)
class Model:
    """The file."""

    version: int
    description: bytes | None
    operatorCodes: list[OperatorCode]
    subgraphs: list[Graph]
    buffers: list[Buffer]
    signatureDefs: list[Signature]
    externalBufferGroups: list[bytes | None]
    """Names of the other files, relative to the folder of this one."""
    externalBuffers: list[ExternalBuffer]


class ExternalFile(NamedTuple):
    """A file beside a model, in which some of its weights lie."""

    name: str
    """As the model says it, relative to the model's folder."""
    path: Path
    needs_bytes: int
    """Up to the end of the last weight that lies in it."""
    size_bytes: int | None
    """None: it is not there."""


def read(content: Content) -> Model:
    """The file as objects. Memory and time are bounded by its size, see `rbench.tflite.flatbuffer`.

    Raises:
        ModelError: the content is no .tflite, or a torn one.
    """
    with _sound():
        model = _model(_root(content))
        _count_references(model, len(content))
        return model


def mapped(path: Path) -> memoryview:
    """The content of a file, mapped and not read; only its first bytes where it is no .tflite.

    Raises:
        ModelError: it cannot be read.
    """
    try:
        with os.fdopen(_regular(path), "rb") as file:
            head = file.read(8)
            if head[4:] != IDENTIFIER:
                return memoryview(head)
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ModelError(f"cannot be read: {reason.lower()}", where=str(path)) from error


@cache
def names(enumeration: str) -> dict[int, str]:
    """Value -> name of one of the schema's enumerations. Needs the extra ``profile``."""
    from ai_edge_litert import schema_py_generated as schema

    members = vars(getattr(schema, enumeration))
    return {value: name for name, value in members.items() if isinstance(value, int)}


def external_files(path: Path) -> tuple[ExternalFile, ...]:
    """The other files that a .tflite keeps weights in, read off without the rest of it.

    Raises:
        ModelError: it cannot be read, is no .tflite, or a torn one.
    """
    content = mapped(path)
    try:
        with _sound():
            root = _root(content)
            names = root.tables(8, _group)
            ends = [0] * len(names)
            for buffer in root.tables(9, _external):
                ends[buffer.group] = max(ends[buffer.group], buffer.offset + buffer.length)
    except ModelError as error:
        raise placed(error, path) from error
    return tuple(_found(path, name or b"", end) for name, end in zip(names, ends, strict=True))


def placed(error: ModelError, path: Path) -> ModelError:
    """The same error, of a file that has a path."""
    return ModelError(error.what, where=str(path), allowed=error.allowed, remedy=error.remedy)


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


def _regular(path: Path) -> int:
    """Open a file, but wait for no other end of a pipe and read no endless device."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return descriptor
    os.close(descriptor)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    raise ValueError("it is no file but a device or a pipe")


def _root(content: Content) -> Table:
    if bytes(content[4:8]) != IDENTIFIER:
        raise ModelError(f"no .tflite: the file identifier {IDENTIFIER.decode()} is missing")
    return Source(content).root()


def _found(path: Path, name: bytes, end: int) -> ExternalFile:
    said = os.fsdecode(name)
    place = path.parent / said
    try:
        size = place.stat().st_size if said and place.is_file() else None
    except (OSError, ValueError):
        size = None
    return ExternalFile(said, place, end, size)


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
