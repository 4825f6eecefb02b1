"""Where layer norms stand in a graph: tf.lite writes each of them out in plain operators.

``x * scale + (beta - mean * scale)`` with ``scale = gamma / sqrt(mean of (x - mean)^2 + epsilon)``.
"""

from __future__ import annotations

from rbench.convert.flatbuffer import Graph, Model, Operator, op_name
from rbench.convert.item_table import readers

START = "SQUARED_DIFFERENCE"
"""What a norm has and nothing else here."""
ROOT = "RSQRT"
INSIDE = frozenset({"MEAN", "ADD", ROOT, "MUL", "SUB"})
"""What a norm consists of. The first ADD behind the root is its last operator."""


def inside_norms(model: Model, graph: Graph) -> list[Operator]:
    """All operators of all norms, in the graph's order."""
    makers = {int(tensor): o for o in graph.operators for tensor in o.outputs}
    starts = [operator for operator in graph.operators if op_name(model, operator) == START]
    pending = [(start, False) for start in starts]
    found: dict[int, Operator] = {}
    for start in starts:
        for place in start.inputs:
            maker = makers.get(int(place))
            if maker is not None and op_name(model, maker) == "MEAN":
                found[id(maker)] = maker
    while pending:
        operator, rooted = pending.pop()
        if id(operator) in found:
            continue
        found[id(operator)] = operator
        name = op_name(model, operator)
        if rooted and name == "ADD":
            continue
        for _, reader in readers(graph, int(operator.outputs[0])):
            if op_name(model, reader) in INSIDE:
                pending.append((reader, rooted or name == ROOT))
    return [operator for operator in graph.operators if id(operator) in found]
