"""A second graph and its signature in a finished file, with what both hold stored once.

Every pass of a conversion knows one graph. So a further signature is converted by itself, pass by
pass as the first, and its graph is put behind the first one's at last: the first graph, which is
the one that runs where nobody names a signature, stays as it was.
"""

from __future__ import annotations

from rbench.convert.flatbuffer import Model, code_of, op_name
from rbench.convert.tidying import tidy


def graft(model: Model, other: Model) -> None:
    """Put the one graph of another model and its signature behind a model's own, in place.

    Buffers that hold the same bytes are one afterwards. The other model is used up.
    """
    first_buffer, first_graph = len(model.buffers), len(model.subgraphs)
    model.buffers += other.buffers
    (graph,) = other.subgraphs
    for operator in graph.operators:
        code = other.operatorCodes[operator.opcodeIndex]
        operator.opcodeIndex = code_of(model, op_name(other, operator), code.version)
    for tensor in graph.tensors:
        # Buffer 0 is the empty one, of both.
        tensor.buffer = tensor.buffer + first_buffer if tensor.buffer else 0
    model.subgraphs.append(graph)
    for signature in other.signatureDefs:
        signature.subgraphIndex = first_graph
        model.signatureDefs.append(signature)
    tidy(model)
