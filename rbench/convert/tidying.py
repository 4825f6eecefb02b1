"""What is stored twice, or for nobody, goes: the same model in fewer bytes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rbench.convert.flatbuffer import Model, Tensor


def tidy(model: Model) -> None:
    """Merge equal constants and empty the buffers that nothing refers to, in place.

    Buffer 0 stays the empty one. Variable tensors and metadata keep buffers of their own.
    """
    first: dict[bytes, int] = {}
    for tensor in _tensors(model):
        data = model.buffers[tensor.buffer].data
        if data is not None and len(data) and not tensor.isVariable:
            tensor.buffer = first.setdefault(np.asarray(data, np.uint8).tobytes(), tensor.buffer)
    used = {tensor.buffer for tensor in _tensors(model)}
    used |= {entry.buffer for entry in model.metadata or ()}
    for number, buffer in enumerate(model.buffers):
        if number not in used:
            buffer.data = None


def _tensors(model: Model) -> Iterator[Tensor]:
    for graph in model.subgraphs or ():
        yield from graph.tensors or ()
