"""Small .tflite files of strangers: sound, and unlike what rbench writes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rbench.convert.flatbuffer import pack
from rbench.testing.flat import FlatGraph

Shape = Sequence[int] | None


def summing(
    shape: Shape = (1, 4),
    kind: str = "FLOAT32",
    names: Sequence[str] = ("x", "y"),
    *,
    version: int = 3,
    signature: Shape = None,
) -> bytes:
    """Two inputs and their sum; no way into it has a name.

    Args:
        shape: of all three tensors; None to leave it out.
        names: of the inputs.
        version: of the schema.
        signature: shape in which -1 is a size that the caller chooses.
    """
    graph = FlatGraph()
    places = [graph.tensor(shape or (), kind) for _ in range(3)]
    for place, name in zip(places, (*names, "sum"), strict=True):
        tensor = graph.graph.tensors[place]
        tensor.name = name
        if shape is None:
            tensor.shape = None
        if signature is not None:
            tensor.shapeSignature = np.array(signature, np.int32)
    graph.op("ADD", places[:2], places[2:], "AddOptions", 1)
    graph.graph.inputs, graph.graph.outputs = places[:2], places[2:]
    graph.model.version = version
    return pack(graph.model)


def two_ways(first: int = 4, second: int = 6, width: int = 10) -> bytes:
    """Signatures ``one`` and ``two``, each a product with a matrix of its own."""
    graph = FlatGraph()
    schema, model = graph.schema, graph.model
    model.subgraphs, model.signatureDefs = [], []
    for number, (key, rows) in enumerate((("one", first), ("two", second))):
        graph.graph = schema.SubGraphT()
        graph.graph.tensors, graph.graph.operators = [], []
        model.subgraphs.append(graph.graph)
        source = graph.tensor((1, width))
        weights = graph.tensor((rows, width), data=np.ones((rows, width), np.float32))
        result = graph.tensor((1, rows))
        options = "FullyConnectedOptions"
        graph.op("FULLY_CONNECTED", (source, weights, -1), (result,), options, 1)
        graph.graph.inputs, graph.graph.outputs = [source], [result]
        model.signatureDefs.append(_signature(schema, key, number, source, result))
    return pack(model)


def _signature(schema: Any, key: str, graph: int, source: int, result: int) -> Any:
    made = schema.SignatureDefT()
    made.signatureKey, made.subgraphIndex = key, graph
    for field, name, tensor in (("inputs", "x", source), ("outputs", "y", result)):
        entry = schema.TensorMapT()
        entry.name, entry.tensorIndex = name, tensor
        setattr(made, field, [entry])
    return made


def elsewhere(rows: int = 64, width: int = 100, name: str = "weights.bin") -> bytes:
    """A product with a matrix that lies in another file."""
    graph = FlatGraph()
    source, weights = graph.tensor((1, width)), graph.tensor((rows, width))
    result = graph.tensor((1, rows))
    graph.op("FULLY_CONNECTED", (source, weights, -1), (result,), "FullyConnectedOptions", 1)
    group, held = graph.schema.ExternalBufferGroupT(), graph.schema.ExternalBufferT()
    group.name, held.id, held.offset, held.length = name, 1, 0, 4 * rows * width
    held.packing = ""
    graph.model.externalBufferGroups, graph.model.externalBuffers = [group], [held]
    graph.graph.tensors[weights].externalBuffer = 1
    graph.graph.inputs, graph.graph.outputs = [source], [result]
    return pack(graph.model)


def variable() -> bytes:
    """A sum that also holds a resource variable, whose operator has no inputs at all."""
    graph = FlatGraph()
    one, other, result = (graph.tensor((1, 4)) for _ in range(3))
    graph.op("ADD", (one, other), (result,), "AddOptions", 1)
    held = graph.tensor((), "RESOURCE")
    graph.graph.tensors[held].shape = None
    graph.op("VAR_HANDLE", (), (held,), "VarHandleOptions", 1)
    operator = graph.graph.operators[-1]
    operator.inputs = None
    operator.builtinOptions.container, operator.builtinOptions.sharedName = "", "v"
    graph.graph.inputs, graph.graph.outputs = [one, other], [result]
    return pack(graph.model)
