"""int8 for the item table of a file with int16 activations: what is looked up is a weight too.

tf.lite and ai-edge-quantizer take the looked-up table for an activation and write int16, twice an
int8 table; the latter writes an int8 one for the scoring as well. Here lookup and scoring read one
int8 table with one scale; a QUANTIZE makes int16 of the rows.
"""

from __future__ import annotations

import numpy as np

from rbench.convert.flatbuffer import Graph, Model, Operator, code_of, named, type_name
from rbench.convert.grid import whole
from rbench.convert.item_table import NoTableError, find_item_table
from rbench.convert.packing import small_tensor


def narrow_item_table(model: Model) -> None:
    """Make the item table int8 where the lookup reads int16, in place."""
    try:
        table = find_item_table(model)
    except NoTableError:
        return
    graph = model.subgraphs[0]
    lookup, scoring = graph.tensors[table.lookup], graph.tensors[table.scoring]
    biased = len(graph.operators[table.scorer].inputs) > 2 and (
        int(graph.operators[table.scorer].inputs[2]) >= 0
    )
    if type_name(lookup) != "INT16" or (lookup.buffer != scoring.buffer and biased):
        return  # a bias is counted in steps of the scoring's own scale
    stored = np.asarray(model.buffers[lookup.buffer].data, np.uint8).view(np.int16)
    numbers = (stored * np.float32(lookup.quantization.scale[0])).reshape(tuple(lookup.shape))
    small = small_tensor(model, graph, whole(numbers, 8, 1), lookup)
    lookups = [graph.operators[number] for number in table.lookups]
    for tensor in {table.lookup, table.scoring}:
        was = graph.tensors[tensor]
        was.type, was.buffer, was.quantization = small.type, small.buffer, small.quantization
    for operator in lookups:
        _widen(model, graph, operator, table.lookup)


def _widen(model: Model, graph: Graph, lookup: Operator, table: int) -> None:
    """Give the lookup an int8 result, and make from it the int16 one that was there."""
    from ai_edge_litert import schema_py_generated as schema

    result = int(lookup.outputs[0])
    rows = schema.TensorT()
    rows.shape, rows.name = graph.tensors[result].shape, named(graph.tensors[result], "int8")
    rows.type, rows.quantization = graph.tensors[table].type, graph.tensors[table].quantization
    lookup.outputs = np.array([len(graph.tensors)], np.int32)
    operator = schema.OperatorT()
    operator.opcodeIndex = code_of(model, "QUANTIZE", 2)
    operator.builtinOptionsType = schema.BuiltinOptions.QuantizeOptions
    operator.builtinOptions = schema.QuantizeOptionsT()
    operator.inputs = lookup.outputs
    operator.outputs = np.array([result], np.int32)
    graph.tensors.append(rows)
    place = next(n for n, other in enumerate(graph.operators) if other is lookup)
    graph.operators.insert(place + 1, operator)
