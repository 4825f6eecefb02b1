"""The short count of a .tflite: its operators, and the bytes of its constants by type.

`rbench.convert.inventory` tells all that a file says.
"""

from __future__ import annotations

from collections import Counter

from rbench.convert.flatbuffer import Model, op_name, type_name
from rbench.tflite import read, unsound
from rbench.tflite.flatbuffer import Content


def take_census(content: Content) -> tuple[dict[str, int], dict[str, int]]:
    """Count operators and constants.

    Returns:
        builtin operator -> how often it stands in all subgraphs; type of constant data -> bytes of
        distinct buffers (a buffer that two tensors share counts once, under the first's type).

    Raises:
        ModelError: the content is no .tflite, or a torn one.
    """
    model = read(content)
    try:
        return _count(model)
    except Exception as error:  # numbers in a damaged file may say anything
        raise unsound(error) from error


def _count(model: Model) -> tuple[dict[str, int], dict[str, int]]:
    ops: Counter[str] = Counter()
    constants: dict[int, tuple[str, int]] = {}
    for graph in model.subgraphs:
        ops.update(op_name(model, operator) for operator in graph.operators)
        for tensor in graph.tensors:
            data = model.buffers[tensor.buffer].data
            if data is not None and len(data):
                constants.setdefault(tensor.buffer, (type_name(tensor), len(data)))
    tensor_bytes: Counter[str] = Counter()
    for kind, size in constants.values():
        tensor_bytes[kind] += size
    return dict(sorted(ops.items())), dict(sorted(tensor_bytes.items()))
