"""What is in a .tflite, read off the flatbuffer with ai-edge-litert's schema."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rbench.errors import ModelError


def take_census(content: bytes) -> tuple[dict[str, int], dict[str, int]]:
    """Count operators and constants.

    Returns:
        builtin operator -> how often it stands in all subgraphs; type of constant data -> bytes of
        distinct buffers (a buffer that two tensors share counts once, under the first's type).

    Raises:
        ModelError: the content is no .tflite, or a torn one.
    """
    if content[4:8] != b"TFL3":
        raise ModelError("no .tflite: the file identifier TFL3 is missing")
    try:
        return _count(content)
    except Exception as error:  # the reader follows offsets unchecked: they may lead anywhere
        raise ModelError(
            f"no sound .tflite: {type(error).__name__}: {error}",
            remedy="the file is torn: convert it again",
        ) from error


def _count(content: bytes) -> tuple[dict[str, int], dict[str, int]]:
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(content, 0)
    operators = _names(schema.BuiltinOperator)
    types = _names(schema.TensorType)
    ops: Counter[str] = Counter()
    constants: dict[int, tuple[str, int]] = {}
    for graph in model.subgraphs or ():
        for operator in graph.operators or ():
            code = model.operatorCodes[operator.opcodeIndex]
            ops[operators[max(code.builtinCode, code.deprecatedBuiltinCode)]] += 1
        for tensor in graph.tensors or ():
            size = _size(model.buffers[tensor.buffer])
            if size:
                constants.setdefault(tensor.buffer, (types[tensor.type], size))
    tensor_bytes: Counter[str] = Counter()
    for kind, size in constants.values():
        tensor_bytes[kind] += size
    return dict(sorted(ops.items())), dict(sorted(tensor_bytes.items()))


def _size(buffer: Any) -> int:
    if buffer.data is not None:
        return len(buffer.data)
    return int(buffer.size or 0)


def _names(enumeration: type) -> dict[int, str]:
    return {value: name for name, value in vars(enumeration).items() if isinstance(value, int)}
