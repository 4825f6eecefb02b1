"""All that can be read off a .tflite without running it, ours or a stranger's."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from rbench.convert.compressed import Compressed, compressed
from rbench.convert.flatbuffer import Model, Tensor, op_name, type_name
from rbench.convert.sharing import Shared, table_of
from rbench.convert.work import Estimates, Work, count
from rbench.progress import Reporter, silent
from rbench.tflite import read, unsound
from rbench.tflite.flatbuffer import Content

LISTED = 12
"""Constants that go into a record, the largest."""
NUMPY = {
    "FLOAT32": np.float32,
    "FLOAT16": np.float16,
    "FLOAT64": np.float64,
    "INT8": np.int8,
    "UINT8": np.uint8,
    "INT16": np.int16,
    "UINT16": np.uint16,
    "INT32": np.int32,
    "UINT32": np.uint32,
    "INT64": np.int64,
    "UINT64": np.uint64,
    "BOOL": np.uint8,
}
"""Types whose numbers are read one by one, besides those of `PACKED`."""
PACKED = {"INT4": 4, "INT2": 2}
"""Types with several numbers in a byte, the first in its low end -> bits of one."""


class Constant(msgspec.Struct, frozen=True, kw_only=True):
    """One buffer of constants."""

    tensor: str
    """Name of the first tensor that reads it."""
    type: str
    shape: tuple[int, ...]
    size_bytes: int
    tensors: int
    """That point at it."""
    zeros: int | None
    """Numbers that mean zero (in quantized tensors: that equal the zero point); None where the
    type or the layout is not read."""
    distinct: int | None
    """Different numbers stored."""
    scales: int
    """Scales of its quantization, 0 if it has none."""


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """One way to ask the file."""

    inputs: tuple[str, ...]
    """Each ``name: TYPE [shape]``; ``?`` is a size that the caller chooses."""
    outputs: tuple[str, ...]
    graph: int
    """Number of the graph that it runs."""
    macs: int
    """Multiply-accumulates of one query, estimated, see `rbench.convert.work`."""
    touched_bytes: int
    """Read and written in one query, estimated."""
    uncounted: dict[str, int]
    """Operators without a formula: their MACs are missing above."""


class Inventory(msgspec.Struct, frozen=True, kw_only=True):
    """What is in the file."""

    sha256: str
    size_bytes: int
    gzip_bytes: int
    gzip_of_bytes: int
    """Bytes that were compressed to know that: all, or samples of a very large file."""
    zstd_bytes: int
    zstd_level: int
    """At which that was compressed."""
    version: int
    """Of the schema: 3."""
    description: str
    subgraphs: int
    inputs: tuple[str, ...]
    """Of the query that is asked where no signature is named: of the first signature, or of the
    first graph where there is none. So are `outputs`, `macs`, `touched_bytes` and `uncounted`."""
    outputs: tuple[str, ...]
    signatures: dict[str, Query]
    """Key -> what it takes, gives and costs."""
    ops: dict[str, int]
    tensor_bytes: dict[str, int]
    """Type of constant data -> bytes of distinct buffers."""
    constants: tuple[Constant, ...]
    """Largest first."""
    stored_twice: dict[str, int]
    """``buffers`` that repeat another's content, and their ``bytes``."""
    macs: int
    touched_bytes: int
    uncounted: dict[str, int]
    external: dict[str, int]
    """Other files that hold weights, by the name that this one gives them -> bytes that it reads
    there. None of them is counted above."""
    item_table: dict[str, Any]
    """Whether lookup and scoring share one buffer, or why not."""

    def facts(self, shared: Shared | None = None, signature: str = "") -> dict[str, Any]:
        """What goes into a record's census, see docs/file-formats.md.

        Args:
            shared: what the conversion knows of the item table; it may tell more than the file.
            signature: the one that is timed, the first where it is not named.
        """
        query: Query | Inventory = self.signatures.get(text(signature), self)
        largest = self.constants[:LISTED]
        return {
            "item_table": self.item_table if shared is None else shared.facts(),
            "constants": [msgspec.to_builtins(constant) for constant in largest],
            "constants_total": len(self.constants),
            "stored_twice": self.stored_twice,
            "macs": query.macs,
            "touched_bytes": query.touched_bytes,
            "uncounted": query.uncounted,
        }


def take_inventory(
    content: Content, report: Reporter = silent, *, sampled: bool = False
) -> Inventory:
    """Read a file whole; nothing in it is run.

    Args:
        report: hears how far the compressing of a large file is.
        sampled: for a look alone: see `rbench.convert.compressed.compressed`.

    Raises:
        ModelError: the content is no .tflite, or a torn one.
    """
    model = read(content)
    try:
        return _read(model, content, compressed(content, report, sampled=sampled))
    except Exception as error:  # offsets and numbers in a damaged file may say anything
        raise unsound(error) from error


def _read(model: Model, content: Content, sizes: Compressed) -> Inventory:
    ops: Counter[str] = Counter()
    holders: dict[int, list[Tensor]] = {}
    scales: dict[int, int] = {}
    for graph in model.subgraphs:
        ops.update(op_name(model, operator) for operator in graph.operators)
        for tensor in graph.tensors:
            if _data(model, tensor.buffer).size:
                holders.setdefault(tensor.buffer, []).append(tensor)
                scales.setdefault(tensor.buffer, _scales(tensor, graph.tensors))
    constants = [
        _constant(_data(model, buffer), tensors, scales[buffer])
        for buffer, tensors in holders.items()
    ]
    tensor_bytes: Counter[str] = Counter()
    for constant in constants:
        tensor_bytes[constant.type] += constant.size_bytes
    signatures, first = _queries(model)
    return Inventory(
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        gzip_bytes=sizes.gzip_bytes,
        gzip_of_bytes=sizes.gzip_of_bytes,
        zstd_bytes=sizes.zstd_bytes,
        zstd_level=sizes.zstd_level,
        version=model.version,
        description=text(model.description),
        subgraphs=len(model.subgraphs),
        inputs=first.inputs,
        outputs=first.outputs,
        signatures=signatures,
        ops=dict(sorted(ops.items())),
        tensor_bytes=dict(sorted(tensor_bytes.items())),
        constants=tuple(sorted(constants, key=lambda c: (-c.size_bytes, c.tensor))),
        stored_twice=_stored_twice([_data(model, buffer) for buffer in holders]),
        macs=first.macs,
        touched_bytes=first.touched_bytes,
        uncounted=first.uncounted,
        external=_external(model),
        item_table=table_of(model).facts(),
    )


def _data(model: Model, number: int) -> NDArray[np.uint8]:
    if number >= len(model.buffers):
        raise IndexError(f"buffer {number:,} of {len(model.buffers):,}")
    data = model.buffers[number].data
    return np.zeros(0, np.uint8) if data is None else data


def _external(model: Model) -> dict[str, int]:
    found: Counter[str] = Counter()
    for name in model.externalBufferGroups:
        found[text(name)] += 0
    for buffer in model.externalBuffers:
        found[text(model.externalBufferGroups[buffer.group])] += buffer.length
    return dict(found)


def _scales(tensor: Tensor, tensors: list[Tensor]) -> int:
    """Scales of a tensor's quantization; those of blocks lie in a tensor of their own."""
    known = tensor.quantization
    if known is None:
        return 0
    blocks = getattr(known.details, "scales", None)
    if blocks is not None:
        return count(tensors[blocks])
    return len(known.scale) if known.scale is not None else 0


def _constant(data: NDArray[np.uint8], tensors: list[Tensor], scales: int) -> Constant:
    first = tensors[0]
    numbers = numbers_of(first, data)
    return Constant(
        tensor=text(first.name),
        type=type_name(first),
        shape=tuple(int(size) for size in first.shape) if first.shape is not None else (),
        size_bytes=data.size,
        tensors=len(tensors),
        zeros=None if numbers is None else _zeros(first, numbers),
        distinct=None if numbers is None else distinct(numbers),
        scales=scales,
    )


PIECE = 1 << 20
"""Numbers that are counted at a time."""


def distinct(numbers: NDArray[Any]) -> int:
    """How many different numbers there are; equal zeros are one, whatever their sign."""
    if numbers.dtype == np.float32 and not np.isnan(numbers).any():
        numbers = (numbers + np.float32(0)).view(np.uint32)  # sorted four times as fast
    if numbers.dtype.itemsize > 1:
        numbers = np.sort(numbers) if numbers.dtype.kind in "iu" else np.unique(numbers)
        return int(np.count_nonzero(numbers[1:] != numbers[:-1])) + (len(numbers) > 0)
    seen = np.zeros(256, np.int64)
    for first in range(0, len(numbers), PIECE):
        seen += np.bincount(numbers[first : first + PIECE].view(np.uint8), minlength=256)
    return int(np.count_nonzero(seen))


def numbers_of(tensor: Tensor, data: NDArray[np.uint8]) -> NDArray[Any] | None:
    """The stored numbers in one row; None where they are packed in a way that is not read here."""
    kind, due = type_name(tensor), count(tensor)
    bits = PACKED.get(kind)
    if bits:
        if data.size != -(-due * bits // 8):
            return None
        ends = [data << np.uint8(8 - bits - place) for place in range(0, 8, bits)]
        return np.stack(ends, axis=1).reshape(-1)[:due].view(np.int8) >> (8 - bits)
    if kind not in NUMPY or data.size != due * np.dtype(NUMPY[kind]).itemsize:
        return None
    return data.view(NUMPY[kind])


def _zeros(tensor: Tensor, numbers: NDArray[Any]) -> int:
    known = tensor.quantization
    points = np.zeros(1) if known is None or known.zeroPoint is None else known.zeroPoint
    if len(points) <= 1 or not np.any(points):
        return int((numbers == (points[0] if len(points) else 0)).sum())
    shape = tuple(int(size) for size in tensor.shape)
    axis = [1] * len(shape)
    axis[known.quantizedDimension] = len(points)
    return int((numbers.reshape(shape) == np.asarray(points).reshape(axis)).sum())


def _stored_twice(contents: list[NDArray[np.uint8]]) -> dict[str, int]:
    found = {"buffers": 0, "bytes": 0}
    sizes = Counter(data.size for data in contents)
    seen: set[bytes] = set()
    for data in contents:
        if sizes[data.size] < 2:
            continue
        content = hashlib.sha256(data.data).digest()
        if content in seen:
            found["buffers"] += 1
            found["bytes"] += data.size
        seen.add(content)
    return found


def _queries(model: Model) -> tuple[dict[str, Query], Query]:
    """Those with a name, and the one that is asked where none is named."""
    works = Estimates(model)
    found: dict[str, Query] = {}
    for signature in model.signatureDefs:
        work, tensors = works.of(signature.subgraphIndex), _tensors(model, signature.subgraphIndex)
        ends = [
            tuple(
                _described(place, entry.name, tensors[entry.tensorIndex])
                for place, entry in enumerate(entries)
            )
            for entries in (signature.inputs, signature.outputs)
        ]
        key = text(signature.signatureKey)
        found.setdefault(key, _query(ends[0], ends[1], signature.subgraphIndex, work))
    if found:
        return found, next(iter(found.values()))
    if not model.subgraphs:
        return found, _query((), (), 0, Work(0, 0, {}))
    graph = model.subgraphs[0]
    ends = [
        tuple(
            _described(place, graph.tensors[number].name, graph.tensors[number])
            for place, number in enumerate(numbers)
            if number >= 0
        )
        for numbers in (graph.inputs, graph.outputs)
    ]
    return found, _query(ends[0], ends[1], 0, works.of(0))


def _query(inputs: tuple[str, ...], outputs: tuple[str, ...], graph: int, work: Work) -> Query:
    return Query(
        inputs=inputs,
        outputs=outputs,
        graph=graph,
        macs=work.macs,
        touched_bytes=work.touched_bytes,
        uncounted=work.uncounted,
    )


def _tensors(model: Model, graph: int) -> list[Tensor]:
    found: list[Tensor] = model.subgraphs[graph].tensors
    return found


def _described(place: int, name: bytes | None, tensor: Tensor) -> str:
    known = text(name) or f"{place} (no name)"
    sizes = ", ".join(str(size) if size >= 0 else "?" for size in sizes_of(tensor))
    return f"{known}: {type_name(tensor)} [{sizes}]"


def sizes_of(tensor: Tensor) -> list[int]:
    """The sizes of a tensor; -1 for one that the caller chooses."""
    shape, signature = tensor.shape, tensor.shapeSignature
    known = signature if signature is not None and len(signature) else shape
    return [] if known is None else [max(int(size), -1) for size in known]


def text(name: bytes | str | None) -> str:
    """A name from a file, fit for a terminal."""
    said = name.decode("utf-8", "replace") if isinstance(name, bytes) else name or ""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in said)
