"""What no reader asks for goes: long names of intermediate results, empty buffers, empty tables.

tf.lite's converter writes a buffer, a name and a table of quantization for every tensor, also where
there is nothing to say. In small files, and in unrolled recurrences with their thousands of
tensors, that is several percent. Constants keep their names, and so do inputs and outputs; the
others have a short one of their own, since other tools (ai-edge-quantizer) take a tensor's name for
its key and end at one that has none.
"""

from __future__ import annotations

from itertools import count

import numpy as np

from rbench.convert.flatbuffer import Graph, Model, Tensor, name_of, values
from rbench.convert.tidying import tidy


def slim(model: Model) -> None:
    """Leave out what says nothing, in place. Signatures, operators and constants are the same."""
    tidy(model)
    for graph in model.subgraphs or ():
        _shorten_names(model, graph)
        for tensor in graph.tensors or ():
            _forget_nothings(tensor)
    _close_ranks(model)


def _shorten_names(model: Model, graph: Graph) -> None:
    ends = {int(n) for numbers in (graph.inputs, graph.outputs) for n in numbers}
    inner = [
        tensor
        for number, tensor in enumerate(graph.tensors or ())
        if number not in ends and not tensor.isVariable and values(model, tensor) is None
    ]
    unread = {id(tensor) for tensor in inner}
    taken = {name_of(t) for t in graph.tensors if id(t) not in unread}
    names = (name for n in count() if (name := np.base_repr(n, 36)) not in taken)
    for tensor, name in zip(inner, names, strict=False):
        tensor.name = name.encode()


def _forget_nothings(tensor: Tensor) -> None:
    """Ranges of calibration, which scales have replaced, and what is empty or said twice."""
    known = tensor.quantization
    if known is not None:
        known.min = known.max = None
        if (known.scale is None or not len(known.scale)) and known.details is None:
            tensor.quantization = None
    signature = tensor.shapeSignature
    if signature is not None and np.array_equal(signature, tensor.shape):
        tensor.shapeSignature = None


def _close_ranks(model: Model) -> None:
    """Number the buffers anew without the empty ones; buffer 0 is for all who have none."""
    entries = list(model.metadata or ())
    holders = [t for graph in model.subgraphs or () for t in graph.tensors or ()]
    kept = [0]
    moved = {0: 0}
    for number, buffer in enumerate(model.buffers):
        filled = number and buffer.data is not None and len(buffer.data)
        if filled or any(entry.buffer == number for entry in entries):
            moved[number] = len(kept)
            kept.append(number)
    for holder in (*holders, *entries):
        holder.buffer = moved.get(holder.buffer, 0)
    model.buffers = [model.buffers[number] for number in dict.fromkeys(kept)]
