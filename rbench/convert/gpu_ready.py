"""Two changes after which the GPU delegate takes the whole graph, and every answer is the same.

- The delegate ranks a number of scores that is divisible by 4, and gives up on any other: the
  runtime then runs everything on the CPU and says nothing. So up to three scores, lower than any
  that an item can have, are put behind the items'. The item table stays as it is.
- tf.lite's float16 files look up rows in a float32 copy of the table that is made at load. The
  delegate has no such lookup. Here the float16 rows are looked up and widened afterwards: the same
  numbers, and less to make.

The delegate's own words for both: "TopK requires src tensor C dimension to be divisible by 4",
"GATHER: Input / output dtype mismatch". That it takes CONCATENATION with a constant, a lookup in
float16 and a CAST, and not PADV2 or a DEQUANTIZE of what was looked up, was tried with
ai-edge-litert 2.3.0; tests/profile/tools/litert/test_gpu.py tries it again.
"""

from __future__ import annotations

import numpy as np

from rbench.convert.drawing import new_constant, new_operator, new_tensor
from rbench.convert.flatbuffer import Graph, Model, Operator, name_of, op_name, type_name
from rbench.convert.item_table import LOOKUPS, RANKING

DIVISOR = 4
NEVER = float(np.finfo(np.float32).min)
"""The score of what is no item: top k takes it after every item, and k is no more than those."""


def pad_ranking(model: Model) -> None:
    """Put scores of no item behind the items', up to a multiple of `DIVISOR`, in place."""
    graph = model.subgraphs[0]
    ranked = [n for n, o in enumerate(graph.operators) if op_name(model, o) == RANKING]
    if len(ranked) != 1:
        return
    ranking = graph.operators[ranked[0]]
    scores = graph.tensors[int(ranking.inputs[0])]
    shape = [int(size) for size in scores.shape]
    missing = -shape[-1] % DIVISOR
    if not missing or len(shape) != 2 or shape[0] != 1 or type_name(scores) != "FLOAT32":
        return
    filler = np.full((1, missing), NEVER, np.float32)
    behind = new_constant(model, graph, "no_items", filler, "FLOAT32")
    padded = new_tensor(graph, "padded_scores", [1, shape[-1] + missing], "FLOAT32")
    operator = new_operator(model, "CONCATENATION", [int(ranking.inputs[0]), behind], [padded])
    operator.builtinOptions.axis = 1
    ranking.inputs = np.array([padded, *ranking.inputs[1:]], np.int32)
    graph.operators.insert(ranked[0], operator)


def narrow_lookups(model: Model) -> None:
    """Look up float16 rows where they are stored, and widen those alone, in place."""
    graph = model.subgraphs[0]
    widened = {
        int(operator.outputs[0]): int(operator.inputs[0])
        for operator in graph.operators
        if op_name(model, operator) == "DEQUANTIZE"
        and type_name(graph.tensors[int(operator.inputs[0])]) == "FLOAT16"
        and _is_constant(model, graph, int(operator.inputs[0]))
    }
    lookups = [
        number
        for number, operator in enumerate(graph.operators)
        if op_name(model, operator) == "GATHER" and int(operator.inputs[0]) in widened
    ]
    for number in reversed(lookups):
        lookup = graph.operators[number]
        rows = int(lookup.outputs[0])
        found = graph.tensors[rows]
        name = f"{name_of(found)}_float16"
        narrow = new_tensor(graph, name, [int(size) for size in found.shape], "FLOAT16")
        table = widened[int(lookup.inputs[LOOKUPS["GATHER"]])]
        lookup.inputs = np.array([table, *lookup.inputs[1:]], np.int32)
        lookup.outputs = np.array([narrow], np.int32)
        graph.operators.insert(number + 1, _cast(model, narrow, rows))
    for tensor in widened:
        _drop_unread(graph, tensor)


def _drop_unread(graph: Graph, tensor: int) -> None:
    """Remove the operator that makes a tensor which nobody reads."""
    read = {int(place) for operator in graph.operators for place in operator.inputs}
    if tensor not in read | {int(place) for place in graph.outputs}:
        graph.operators = [o for o in graph.operators if tensor not in [int(n) for n in o.outputs]]


def _cast(model: Model, narrow: int, wide: int) -> Operator:
    from ai_edge_litert import schema_py_generated as schema

    operator = new_operator(model, "CAST", [narrow], [wide])
    operator.builtinOptions.inDataType = schema.TensorType.FLOAT16
    operator.builtinOptions.outDataType = schema.TensorType.FLOAT32
    return operator


def _is_constant(model: Model, graph: Graph, tensor: int) -> bool:
    data = model.buffers[graph.tensors[tensor].buffer].data
    return data is not None and len(data) > 0
