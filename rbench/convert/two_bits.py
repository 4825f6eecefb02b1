"""An item table of 2 bits, with one scale, in a float32 file.

Its four numbers lie at -3, -1, 1 and 3 halves of the scale, evenly around 0: an integer q of -2 to
1 stands for ``scale x (q + 1/2)``. The runtime knows ``scale x q``, so half a scale is added to
what is looked up, and the vector's sum times half a scale to the scores: the same for all items.

One scale, since a scale a row costs 12 bytes, and a row of 64 numbers at 2 bits is no more than 16.
"""

from __future__ import annotations

import numpy as np

from rbench.convert.drawing import new_constant, new_operator, new_tensor
from rbench.convert.flatbuffer import Graph, Model, Operator, Tensor, code_of, type_name
from rbench.convert.grid import in_halves
from rbench.convert.item_table import NoTableError, find_item_table
from rbench.convert.packing import LEAST, look_up, small_tensor
from rbench.errors import Unsupported

IN_ONE = 4
"""Numbers in a byte."""
PRODUCT = 14
"""Version of FULLY_CONNECTED that reads them."""


def pack_table(model: Model) -> None:
    """Make the item table one of 2 bits, in place; other weights stay as they are.

    Args:
        model: as tf.lite writes it in float32, the item table in one buffer.

    Raises:
        Unsupported: its rows do not end on a byte, or there is no table that lookup and scoring
            share.
    """
    try:
        table = find_item_table(model)
    except NoTableError as error:
        raise Unsupported(f"no item table to pack in 2 bits: {error} (rbench)") from error
    graph = model.subgraphs[0]
    lookup, scoring = graph.tensors[table.lookup], graph.tensors[table.scoring]
    if type_name(lookup) != "FLOAT32" or lookup.buffer != scoring.buffer:
        raise Unsupported("no item table to pack in 2 bits: lookup and scoring share none (rbench)")
    rows, width = (int(size) for size in lookup.shape)
    if width % IN_ONE:
        raise Unsupported(f"rows of {width} numbers of 2 bits do not end on a byte (LiteRT)")
    if rows * width < LEAST:
        return
    data = np.asarray(model.buffers[lookup.buffer].data, np.uint8)
    small = in_halves(data.view(np.float32).reshape(rows, width))
    holder = small_tensor(model, graph, small, lookup)
    for tensor in (lookup, scoring):
        tensor.type, tensor.buffer = holder.type, holder.buffer
        tensor.quantization = holder.quantization
    half = new_constant(model, graph, "half_a_scale", small.scales[0] / np.float32(2), "FLOAT32")
    scorer, lookups = graph.operators[table.scorer], [graph.operators[n] for n in table.lookups]
    for operator in lookups:
        look_up(model, operator)
        _add_behind(model, graph, operator, half)
    scorer.opcodeIndex = code_of(model, "FULLY_CONNECTED", PRODUCT)
    _add_behind(model, graph, scorer, _shift(model, graph, scorer, half))


def _shift(model: Model, graph: Graph, scorer: Operator, half: int) -> int:
    """What the halves give every item: the vector's sum times half a scale."""
    axis = new_constant(model, graph, "last_axis", np.array([1], np.int32), "INT32")
    total, shift = (new_tensor(graph, name, [1, 1], "FLOAT32") for name in ("total", "shift"))
    summing = new_operator(model, "SUM", [int(scorer.inputs[0]), axis], [total])
    summing.builtinOptions.keepDims = True
    scaling = new_operator(model, "MUL", [total, half], [shift])
    place = _place(graph, scorer)
    graph.operators[place:place] = [summing, scaling]
    return shift


def _add_behind(model: Model, graph: Graph, operator: Operator, added: int) -> None:
    """Add a tensor to what an operator gives, for all who read it."""
    result = int(operator.outputs[0])
    was: Tensor = graph.tensors[result]
    before = new_tensor(graph, "without_halves", [int(size) for size in was.shape], "FLOAT32")
    operator.outputs = np.array([before], np.int32)
    adding = new_operator(model, "ADD", [before, added], [result])
    graph.operators.insert(_place(graph, operator) + 1, adding)


def _place(graph: Graph, operator: Operator) -> int:
    return next(n for n, other in enumerate(graph.operators) if other is operator)
