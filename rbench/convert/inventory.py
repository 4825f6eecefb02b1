"""All that can be read off a .tflite without running it, ours or a stranger's."""

from __future__ import annotations

import gzip
import hashlib
from collections import Counter
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from rbench.convert.flatbuffer import Model, Tensor, op_name, parse, type_name, unsound
from rbench.convert.sharing import Shared, table_of
from rbench.convert.work import count, estimate

ZSTD_LEVEL = 19
"""The highest that any browser or store unpacks with its usual memory."""
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
"""Types whose numbers are read one by one, besides INT4."""


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


class Inventory(msgspec.Struct, frozen=True, kw_only=True):
    """What is in the file."""

    sha256: str
    size_bytes: int
    gzip_bytes: int
    zstd_bytes: int
    version: int
    """Of the schema: 3."""
    description: str
    subgraphs: int
    signatures: dict[str, dict[str, tuple[str, ...]]]
    """Key -> ``inputs`` and ``outputs``, each ``name: TYPE [shape]``."""
    ops: dict[str, int]
    tensor_bytes: dict[str, int]
    """Type of constant data -> bytes of distinct buffers."""
    constants: tuple[Constant, ...]
    """Largest first."""
    stored_twice: dict[str, int]
    """``buffers`` that repeat another's content, and their ``bytes``."""
    macs: int
    """Multiply-accumulates of one query, estimated, see `rbench.convert.work`."""
    touched_bytes: int
    """Read and written in one query, estimated."""
    uncounted: dict[str, int]
    """Operators without a formula: their MACs are missing above."""
    item_table: dict[str, Any]
    """Whether lookup and scoring share one buffer, or why not."""

    def facts(self, shared: Shared | None = None) -> dict[str, Any]:
        """What goes into a record's census, see docs/file-formats.md.

        Args:
            shared: what the conversion knows of the item table; it may tell more than the file.
        """
        largest = self.constants[:LISTED]
        return {
            "item_table": self.item_table if shared is None else shared.facts(),
            "constants": [msgspec.to_builtins(constant) for constant in largest],
            "constants_total": len(self.constants),
            "stored_twice": self.stored_twice,
            "macs": self.macs,
            "touched_bytes": self.touched_bytes,
            "uncounted": self.uncounted,
        }


def take_inventory(content: bytes) -> Inventory:
    """Read a file whole; nothing in it is run.

    Raises:
        ModelError: the content is no .tflite, or a torn one.
    """
    model = parse(content)
    try:
        return _read(model, content)
    except Exception as error:  # offsets and numbers in a damaged file may say anything
        raise unsound(error) from error


def _read(model: Model, content: bytes) -> Inventory:
    from backports import zstd

    ops: Counter[str] = Counter()
    holders: dict[int, list[Tensor]] = {}
    scales: dict[int, int] = {}
    for graph in model.subgraphs or ():
        ops.update(op_name(model, operator) for operator in graph.operators or ())
        for tensor in graph.tensors or ():
            if _data(model, tensor.buffer, content).size:
                holders.setdefault(tensor.buffer, []).append(tensor)
                scales.setdefault(tensor.buffer, _scales(tensor, graph.tensors))
    constants = [
        _constant(_data(model, buffer, content), tensors, scales[buffer])
        for buffer, tensors in holders.items()
    ]
    tensor_bytes: Counter[str] = Counter()
    for constant in constants:
        tensor_bytes[constant.type] += constant.size_bytes
    work = estimate(model)
    return Inventory(
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        gzip_bytes=len(gzip.compress(content, 9, mtime=0)),
        zstd_bytes=len(zstd.compress(content, ZSTD_LEVEL)),
        version=int(model.version),
        description=text(model.description),
        subgraphs=len(model.subgraphs or ()),
        signatures=_signatures(model),
        ops=dict(sorted(ops.items())),
        tensor_bytes=dict(sorted(tensor_bytes.items())),
        constants=tuple(sorted(constants, key=lambda c: (-c.size_bytes, c.tensor))),
        stored_twice=_stored_twice([_data(model, buffer, content) for buffer in holders]),
        macs=work.macs,
        touched_bytes=work.touched_bytes,
        uncounted=work.uncounted,
        item_table=table_of(model).facts(),
    )


def _data(model: Model, number: int, content: bytes) -> NDArray[np.uint8]:
    """The bytes of a buffer; those of large models lie behind the flatbuffer."""
    buffer = model.buffers[number]
    if buffer.data is not None and len(buffer.data):
        return np.asarray(buffer.data, np.uint8)
    if buffer.size and buffer.offset:
        if buffer.offset + buffer.size > len(content):
            raise ValueError(f"buffer {number} lies beyond the end of the file")
        return np.frombuffer(content, np.uint8, buffer.size, buffer.offset)
    return np.zeros(0, np.uint8)


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
        distinct=None if numbers is None else len(np.unique(numbers)),
        scales=scales,
    )


def numbers_of(tensor: Tensor, data: NDArray[np.uint8]) -> NDArray[Any] | None:
    """The stored numbers in one row; None where they are packed in a way that is not read here."""
    kind, due = type_name(tensor), count(tensor)
    if kind == "INT4":
        if data.size != -(-due // 2):
            return None
        pairs = np.stack([data << 4, data & 0xF0], axis=1).reshape(-1)[:due]  # low half first
        return pairs.view(np.int8) >> 4
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
    seen: set[bytes] = set()
    found = {"buffers": 0, "bytes": 0}
    for data in contents:
        content = data.tobytes()
        if content in seen:
            found["buffers"] += 1
            found["bytes"] += len(content)
        seen.add(content)
    return found


def _signatures(model: Model) -> dict[str, dict[str, tuple[str, ...]]]:
    found = {}
    for signature in model.signatureDefs or ():
        tensors = model.subgraphs[signature.subgraphIndex].tensors
        found[text(signature.signatureKey)] = {
            "inputs": tuple(_described(entry, tensors) for entry in signature.inputs or ()),
            "outputs": tuple(_described(entry, tensors) for entry in signature.outputs or ()),
        }
    return found


def _described(entry: Any, tensors: Any) -> str:
    tensor = tensors[entry.tensorIndex]
    shape = [int(size) for size in tensor.shape] if tensor.shape is not None else []
    return f"{text(entry.name)}: {type_name(tensor)} {shape}"


def text(name: bytes | str | None) -> str:
    """A name from a file, fit for a terminal."""
    said = name.decode("utf-8", "replace") if isinstance(name, bytes) else name or ""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in said)
