"""The short count of a .tflite: its operators, and the bytes of its constants by type.

`rbench.convert.inventory` tells all that a file says.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from rbench.convert.flatbuffer import op_name, parse, type_name, unsound


def take_census(content: bytes) -> tuple[dict[str, int], dict[str, int]]:
    """Count operators and constants.

    Returns:
        builtin operator -> how often it stands in all subgraphs; type of constant data -> bytes of
        distinct buffers (a buffer that two tensors share counts once, under the first's type).

    Raises:
        ModelError: the content is no .tflite, or a torn one.
    """
    model = parse(content)
    try:
        return _count(model)
    except Exception as error:  # numbers in a damaged file may say anything
        raise unsound(error) from error


def _count(model: Any) -> tuple[dict[str, int], dict[str, int]]:
    ops: Counter[str] = Counter()
    constants: dict[int, tuple[str, int]] = {}
    for graph in model.subgraphs or ():
        ops.update(op_name(model, operator) for operator in graph.operators or ())
        for tensor in graph.tensors or ():
            size = _size(model.buffers[tensor.buffer])
            if size:
                constants.setdefault(tensor.buffer, (type_name(tensor), size))
    tensor_bytes: Counter[str] = Counter()
    for kind, size in constants.values():
        tensor_bytes[kind] += size
    return dict(sorted(ops.items())), dict(sorted(tensor_bytes.items()))


def _size(buffer: Any) -> int:
    if buffer.data is not None:
        return len(buffer.data)
    return int(buffer.size or 0)
