"""Rows of a stored table as numbers, and more rows behind them, in whatever type they are stored.

Rows that are there keep their bytes. A new row has a scale of its own where every row has; where
one scale is that of all, a row that does not fit in is shortened until it does.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rbench.convert import grid
from rbench.convert.flatbuffer import Graph, Model, Tensor, type_name, values
from rbench.errors import Unsupported

Floats = NDArray[np.float32]
PLAIN: dict[str, type[np.generic]] = {"FLOAT32": np.float32, "FLOAT16": np.float16}
BITS = {"INT8": 8, "INT4": 4, "INT2": 2, "INT16": 16}


class Stored(NamedTuple):
    """Rows in a buffer."""

    kind: str
    rows: int
    width: int
    scales: NDArray[Any] | None
    """``(1,)``, ``(rows,)`` or ``(rows, blocks)``; None: floats."""
    zero: int
    block: int
    """Numbers that share a scale; 0: those of all, or of a row."""


def stored(model: Model, graph: Graph, tensor: Tensor) -> Stored:
    """How a table is stored.

    Raises:
        Unsupported: in a way that rows cannot be put behind.
    """
    kind = type_name(tensor)
    rows, width = (int(size) for size in tensor.shape)
    if kind in PLAIN:
        return Stored(kind, rows, width, None, 0, 0)
    known = tensor.quantization
    if kind not in BITS or known is None:
        raise Unsupported(f"an item table of {kind} without scales (rbench)")
    if known.details is not None:
        scales = graph.tensors[known.details.scales]
        found = np.asarray(model.buffers[scales.buffer].data, np.uint8).view(np.float16)
        return Stored(kind, rows, width, found.reshape(rows, -1), 0, known.details.blockSize)
    scales = np.asarray(known.scale, np.float32)
    zeros = np.asarray(known.zeroPoint if known.zeroPoint is not None else [0])
    if len(scales) not in (1, rows) or (len(scales) > 1 and zeros.any()):
        raise Unsupported("an item table with scales of columns (rbench)")
    return Stored(kind, rows, width, scales, int(zeros[0]) if len(zeros) else 0, 0)


def numbers(model: Model, graph: Graph, tensor: Tensor) -> Floats:
    """Float32 ``(rows, width)``. At 2 bits, the halves that the graph adds are not in it."""
    how = stored(model, graph, tensor)
    data = values(model, tensor)
    if data is None:
        raise Unsupported("an item table that is no constant (rbench)")
    if how.scales is None:
        return data.view(PLAIN[how.kind]).reshape(how.rows, how.width).astype(np.float32)
    integers = _integers(data, how).astype(np.float32) - how.zero
    if how.block:
        scales = np.repeat(how.scales.astype(np.float32), how.block, axis=1)
    else:
        scales = np.broadcast_to(how.scales[:, None], (how.rows, 1))
    return np.asarray(integers * scales, np.float32)


def put_behind(model: Model, graph: Graph, tensor: Tensor, more: Floats) -> int:
    """Put rows behind a table's, in place; the tensor gets a buffer of its own.

    Returns:
        How many of them were shortened to fit into the one scale.
    """
    how = stored(model, graph, tensor)
    data = values(model, tensor)
    assert data is not None  # `numbers` came first
    shortened = 0
    if how.scales is None:
        content = np.ascontiguousarray(more, PLAIN[how.kind]).view(np.uint8).reshape(-1)
        behind = np.concatenate([data, content])
    elif how.block:
        small = grid.in_blocks(more)
        scales = graph.tensors[tensor.quantization.details.scales]
        held = np.asarray(model.buffers[scales.buffer].data, np.uint8)
        fresh = small.scales.view(np.uint8).reshape(-1)
        scales.buffer = _buffer(model, np.concatenate([held, fresh]))
        scales.shape = np.array([how.rows + len(more), small.scales.shape[1]], np.int32)
        behind = np.concatenate([data, small.data])
    else:
        integers, scales_of, shortened = _rounded(how, more)
        if len(how.scales) > 1:
            known = tensor.quantization
            known.scale = np.concatenate([how.scales, scales_of]).astype(np.float32)
            known.zeroPoint = np.zeros(how.rows + len(more), np.int64)
        every = np.concatenate([_integers(data, how), integers])
        behind = _bytes(every, BITS[how.kind])
    tensor.buffer = _buffer(model, behind)
    tensor.shape = np.array([how.rows + len(more), how.width], np.int32)
    return shortened


def _rounded(how: Stored, more: Floats) -> tuple[NDArray[np.int16], Floats, int]:
    bits = BITS[how.kind]
    most = 2 ** (bits - 1) - 1
    assert how.scales is not None
    if len(how.scales) > 1:
        integers, scales = grid.rounded(more, bits)
        return integers.astype(np.int16), scales, 0
    scale = float(how.scales[0])
    if bits == 2:  # an integer q stands for q + 1/2 steps
        made = np.clip(np.floor(more / scale), -2, 1)
        return made.astype(np.int16), how.scales, 0
    low, high = -most - how.zero, most - how.zero
    over = np.maximum(more.max(axis=1) / (high * scale), more.min(axis=1) / (low * scale))
    fitting = more / np.maximum(over, 1.0)[:, None]
    made = np.clip(np.rint(fitting / scale) + how.zero, -most, most)
    return made.astype(np.int16), how.scales, int((over > 1).sum())


def _integers(data: NDArray[np.uint8], how: Stored) -> NDArray[np.int16]:
    bits, due = BITS[how.kind], how.rows * how.width
    if bits == 16:
        return data.view(np.int16).reshape(how.rows, how.width)
    if bits == 8:
        return data.view(np.int8).reshape(how.rows, how.width).astype(np.int16)
    ends = [(data << np.uint8(8 - bits * (at + 1))).view(np.int8) for at in range(8 // bits)]
    found = (np.stack(ends, axis=1) >> (8 - bits)).reshape(-1)[:due]
    return found.astype(np.int16).reshape(how.rows, how.width)


def _bytes(integers: NDArray[np.int16], bits: int) -> NDArray[np.uint8]:
    if bits == 16:
        return np.ascontiguousarray(integers).view(np.uint8).reshape(-1)
    return grid.packed(integers.astype(np.int8), bits)


def _buffer(model: Model, data: NDArray[np.uint8]) -> int:
    buffer = type(model.buffers[0])()
    buffer.data = data
    model.buffers.append(buffer)
    return len(model.buffers) - 1
