"""One item table in the file: lookup and scoring point at one buffer.

tf.lite shares the table in float32 and float16. Its int8 schemes write it twice: with one scale
for the lookup, with a scale a row for the scoring (which costs another 12 bytes a row). Here both
get the lookup's copy and its one scale. FULLY_CONNECTED wants a zero point of 0; where the
lookup's is another, as in static schemes, the table is moved there and what was looked up gets
the new scale. Operators behind it that cannot take another scale leave the file as it was.

What it costs: a row's small numbers are rounded by the table's scale, not by the row's own.
docs/recipes.md has sizes and the share of top items that stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbench.convert.flatbuffer import Graph, Model, Tensor, op_name, type_name, values
from rbench.convert.item_table import RANKING, ItemTable, NoTableError, find_item_table, readers

RESCALING = frozenset({"MUL", "ADD", "SUB", "QUANTIZE", "DEQUANTIZE"})
"""Operators whose result has a scale of its own, whatever the scale of their input."""
LARGEST = 127
"""Of a symmetric int8."""
ENDS = -128, 127
"""Where int8 clips: calibration may have seen less than the whole table."""
SLACK = 1.02
"""Two roundings of one number differ by half of both scales at most, and float32's own."""

Int8 = NDArray[np.int8]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Shared:
    """What became of the item table."""

    buffers: int
    """That hold it; 0 where there is no such table."""
    reason: str = ""
    """Why it is not one."""

    def facts(self) -> dict[str, Any]:
        """As it stands in a record."""
        facts: dict[str, Any] = {"shared": self.buffers == 1, "buffers": self.buffers}
        return {**facts, "reason": self.reason} if self.reason else facts


def table_of(model: Model) -> Shared:
    """How the item table stands in a file, changing nothing: in the graph of each signature."""
    named = {int(one.subgraphIndex) for one in model.signatureDefs or ()} or {0}
    buffers: set[int] = set()
    try:
        graphs = len(model.subgraphs or ())
        if not graphs or (graphs > 1 and len(named | _starting(model)) < graphs):
            find_item_table(model)  # says how many graphs there are
        for number in _ranking(model, named):
            graph = model.subgraphs[number]
            table = find_item_table(model, graph)
            buffers |= {graph.tensors[n].buffer for n in (table.lookup, table.scoring)}
    except NoTableError as error:
        return Shared(0, str(error))
    why = "" if len(buffers) == 1 else "lookup and scoring read a buffer each"
    return Shared(len(buffers), why)


def _starting(model: Model) -> set[int]:
    """The graphs that give variables their first values."""
    return {
        graph
        for one in model.subgraphs
        for operator in one.operators
        if op_name(model, operator) == "CALL_ONCE"
        for graph in operator.builtinOptions.graphs
    }


def _ranking(model: Model, graphs: set[int]) -> set[int]:
    """Those of some graphs that rank; all where none does, so that it is said what is missing."""
    found = {
        number
        for number in graphs
        if any(
            op_name(model, operator) == RANKING for operator in model.subgraphs[number].operators
        )
    }
    return found or graphs


def share_item_table(model: Model) -> Shared:
    """Let lookup and scoring point at one buffer, in place; or leave all as it is, and say why."""
    try:
        table = find_item_table(model)
    except NoTableError as error:
        return Shared(0, str(error))
    graph = model.subgraphs[0]
    lookup, scoring = graph.tensors[table.lookup], graph.tensors[table.scoring]
    try:
        if lookup.buffer != scoring.buffer:
            kinds = type_name(lookup), type_name(scoring)
            if kinds == ("INT8", "INT8"):
                _share_int8(model, graph, table)
            elif kinds[0] == kinds[1] and _equal(model, lookup, scoring):
                scoring.buffer = lookup.buffer
            else:
                raise NoTableError(
                    f"the lookup reads {kinds[0]}, the scoring another table of {kinds[1]}"
                )
    except NoTableError as error:
        return Shared(2, str(error))
    return Shared(1)


def adopt_item_table(model: Model, other: Model) -> None:
    """Let a model, with an item table in one buffer, have the numbers of another's, in place: where
    both were calibrated, each has a scale of its own.

    Raises:
        NoTableError: it cannot; nothing is changed then.
    """
    mine, theirs = find_item_table(model), find_item_table(other)
    graph, from_graph = model.subgraphs[0], other.subgraphs[0]
    lookup, scoring = graph.tensors[mine.lookup], graph.tensors[mine.scoring]
    wanted = from_graph.tensors[theirs.lookup]
    one = lookup.buffer == scoring.buffer
    if not one or wanted.buffer != from_graph.tensors[theirs.scoring].buffer:
        raise NoTableError("lookup and scoring read a buffer each")
    if type_name(lookup) != type_name(wanted):
        raise NoTableError(f"one table is {type_name(lookup)}, the other {type_name(wanted)}")
    found, due = values(model, lookup), values(other, wanted)
    if type_name(lookup) != "INT8":
        if not _equal_bytes(found, due):
            raise NoTableError(f"both are {type_name(lookup)}, and hold different numbers")
        return
    (scale, zero), (old, _) = _per_tensor(wanted), _per_tensor(lookup)
    if zero:
        raise NoTableError("the other's zero point is not 0")
    followers = _followers(model, graph, mine) if scale != old else []
    rows = int(lookup.shape[0])
    _rescale_bias(model, graph, mine.scorer, np.full((rows, 1), old, np.float32), scale)
    for tensor in (*followers, lookup, scoring):
        tensor.quantization.scale = np.array([scale], np.float32)
        tensor.quantization.zeroPoint = np.zeros(1, np.int64)
    buffer = type(model.buffers[lookup.buffer])()
    buffer.data = due
    lookup.buffer = scoring.buffer = len(model.buffers)
    model.buffers.append(buffer)


def _share_int8(model: Model, graph: Graph, table: ItemTable) -> None:
    """All is checked before anything is changed."""
    lookup, scoring = graph.tensors[table.lookup], graph.tensors[table.scoring]
    scale, zero = _per_tensor(lookup)
    fine, steps = _rows(model, scoring)
    coarse = _int8(model, lookup).reshape(fine.shape)
    apart = np.abs((coarse.astype(np.float32) - zero) * scale - fine * steps)
    clipped = (coarse == ENDS[0]) | (coarse == ENDS[1])
    if not (clipped | (apart <= (scale + steps) / 2 * SLACK)).all():
        raise NoTableError("lookup and scoring hold different numbers")
    if [number for number, _ in readers(graph, table.scoring)] != [table.scorer]:
        raise NoTableError("the scoring weights are read elsewhere too")
    shared, new = symmetric(coarse, scale, zero, fine, steps)
    followers = _followers(model, graph, table) if (new, 0) != (scale, zero) else []
    _rescale_bias(model, graph, table.scorer, steps, new)
    for tensor in (*followers, lookup, scoring):
        tensor.quantization.scale = np.array([new], np.float32)
        tensor.quantization.zeroPoint = np.zeros(1, np.int64)
        tensor.quantization.quantizedDimension = 0
        tensor.quantization.min = tensor.quantization.max = None
    buffer = type(model.buffers[lookup.buffer])()  # others may read the old one
    buffer.data = shared.reshape(-1).view(np.uint8)
    lookup.buffer = scoring.buffer = len(model.buffers)
    model.buffers.append(buffer)


def symmetric(
    coarse: Int8, scale: float, zero: int, fine: Int8, steps: Floats
) -> tuple[Int8, float]:
    """The table around zero point 0, from whichever of its two copies loses less.

    Shifting the coarse copy keeps what calibration clipped, and clips a little more at one end.
    Rounding the fine one again, to a scale that clips nothing, adds the fine one's own rounding.
    That one counts for the coarse copy and against the other, since losses are seen from it.

    Args:
        coarse: int8 ``(items, width)`` of ``scale`` and ``zero``.
        fine: int8 ``(items, width)``, symmetric, with ``steps`` ``(items, 1)``.

    Returns:
        The values and their scale.
    """
    numbers = (fine * steps).astype(np.float64)
    wider = float(np.abs(numbers).max()) / LARGEST or scale
    shifted = np.clip(coarse.astype(np.int32) - zero, -LARGEST, LARGEST)
    rounded = np.clip(np.rint(numbers / wider), -LARGEST, LARGEST)
    rounding = fine.shape[1] * float((steps.astype(np.float64) ** 2).sum()) / 12
    shifting = float(((shifted * scale - numbers) ** 2).sum()) - rounding
    if shifting <= float(((rounded * wider - numbers) ** 2).sum()) + rounding:
        return shifted.astype(np.int8), scale
    return rounded.astype(np.int8), wider


def _followers(model: Model, graph: Graph, table: ItemTable) -> list[Tensor]:
    """What carries looked-up values in the table's own scale.

    Raises:
        NoTableError: an operator among them is bound to that scale.
    """
    looked_up = {number for number, _ in readers(graph, table.lookup)}
    if looked_up != set(table.lookups):
        raise NoTableError("the looked-up table is read elsewhere too")
    pending = [int(graph.operators[number].outputs[0]) for number in table.lookups]
    results = {int(tensor) for tensor in graph.outputs}
    found = []
    while pending:
        tensor = pending.pop()
        found.append(graph.tensors[tensor])
        if tensor in results:
            raise NoTableError("what was looked up is itself a result")
        for _, operator in readers(graph, tensor):
            name = op_name(model, operator)
            if name == "RESHAPE":
                pending.append(int(operator.outputs[0]))
            elif name not in RESCALING:
                raise NoTableError(f"{name} is bound to the lookup's scale")
    return found


def _rescale_bias(model: Model, graph: Graph, scorer: int, steps: Floats, scale: float) -> None:
    """An int32 bias counts in input scale x weight scale: count it anew.

    It gets a buffer of its own, since others may read the old one.
    """
    inputs = graph.operators[scorer].inputs
    if len(inputs) < 3 or inputs[2] < 0:
        return
    bias = graph.tensors[int(inputs[2])]
    data = values(model, bias)
    if type_name(bias) != "INT32":
        if type_name(bias) == "FLOAT32":
            return
        raise NoTableError(f"the scoring's bias is {type_name(bias)}")
    if data is None or len(list(readers(graph, int(inputs[2])))) != 1:
        raise NoTableError("the scoring's bias is no constant of its own")
    numbers = np.rint(data.view(np.int32).astype(np.float64) * steps.reshape(-1) / scale)
    buffer = type(model.buffers[bias.buffer])()
    buffer.data = numbers.astype(np.int32).view(np.uint8)
    bias.buffer = len(model.buffers)
    model.buffers.append(buffer)
    source = graph.tensors[int(inputs[0])].quantization
    bias.quantization.scale = np.array([float(source.scale[0]) * scale], np.float32)
    bias.quantization.zeroPoint = np.zeros(1, np.int64)
    bias.quantization.quantizedDimension = 0


def _per_tensor(tensor: Tensor) -> tuple[float, int]:
    known = tensor.quantization
    if known is None or known.scale is None or len(known.scale) != 1:
        raise NoTableError("the looked-up table has no single scale")
    return float(known.scale[0]), int(known.zeroPoint[0])


def _rows(model: Model, tensor: Tensor) -> tuple[Int8, Floats]:
    """int8 ``(items, width)`` and its scales ``(items, 1)``; their zero point must be 0."""
    known = tensor.quantization
    shape = tuple(int(size) for size in tensor.shape)
    sizes = (1, shape[0])
    if known is None or known.scale is None or len(known.scale) not in sizes:
        raise NoTableError("the scoring weights have neither one scale nor one a row")
    if known.quantizedDimension != 0 or np.any(known.zeroPoint):
        raise NoTableError("the scoring weights are not symmetric by rows")
    scales = np.asarray(known.scale, np.float32).reshape(-1, 1)
    return _int8(model, tensor).reshape(shape), np.broadcast_to(scales, (shape[0], 1))


def _int8(model: Model, tensor: Tensor) -> Int8:
    data = values(model, tensor)
    if data is None or data.size != np.prod(tensor.shape):
        raise NoTableError("the table's size is not that of its shape")
    return data.view(np.int8)


def _equal(model: Model, one: Tensor, other: Tensor) -> bool:
    return _equal_bytes(values(model, one), values(model, other))


def _equal_bytes(one: NDArray[np.uint8] | None, other: NDArray[np.uint8] | None) -> bool:
    return one is not None and other is not None and np.array_equal(one, other)
