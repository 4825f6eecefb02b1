"""The same model with two item tables, to hold a shared file against."""

from __future__ import annotations

import copy

import numpy as np

from rbench.convert.flatbuffer import pack, parse
from rbench.convert.item_table import find_item_table


def unshared(content: bytes) -> bytes:
    """A .tflite whose scoring has a copy of the item table in a buffer of its own.

    Raises:
        NoTableError: there is no such table.
    """
    model = parse(content)
    table, graph = find_item_table(model), model.subgraphs[0]
    scorer = graph.operators[table.scorer]
    second = copy.deepcopy(graph.tensors[table.scoring])
    buffer = copy.deepcopy(model.buffers[second.buffer])
    second.buffer = len(model.buffers)
    model.buffers.append(buffer)
    place = len(graph.tensors)
    graph.tensors.append(second)
    read = int(scorer.inputs[1])
    if read != table.scoring:  # a DEQUANTIZE stands between: that is doubled as well
        maker = copy.deepcopy(next(o for o in graph.operators if read in o.outputs))
        made = copy.deepcopy(graph.tensors[read])
        graph.tensors.append(made)
        maker.inputs, maker.outputs = np.array([place]), np.array([place + 1])
        graph.operators.insert(table.scorer, maker)
        place += 1
    inputs = np.array(scorer.inputs)
    inputs[1] = place
    scorer.inputs = inputs
    return pack(model)
