"""A .tflite as objects and back: the one place that reads and writes the flatbuffer whole.

What is written has every buffer on 16 bytes, as the schema demands (``force_align: 16``) and
delegates rely on; the object interface alone forgets it. Equal names, shapes, scales and zero
points are written once and referred to: the runtime wants a zero point for each scale, be they
all 0, but not twice in the file.

Source: tensorflow/compiler/mlir/lite/schema/schema.fbs.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbench.tflite import IDENTIFIER, names, read, unsound

ALIGNMENT = 16
"""Bytes; of each buffer in the file, counted from its start."""

Model = Any
Graph = Any
Tensor = Any
Operator = Any


def parse(content: bytes) -> Model:
    """The model as the schema's objects.

    Raises:
        ModelError: the content is no .tflite, or a torn one.
    """
    from ai_edge_litert import schema_py_generated as schema

    _refuse_shared_names(read(content), len(content))
    try:
        model = schema.ModelT.InitFromPackedBuf(content, 0)
        _bring_in(model, content)
        return model
    except Exception as error:  # the reader follows offsets unchecked: they may lead anywhere
        raise unsound(error) from error


def pack(model: Model) -> bytes:
    """The bytes of a model; the same objects give the same bytes."""
    for buffer in model.buffers:
        buffer.__class__ = _aligned_buffer()
    builder = _thrifty_builder()(1 << 16)
    builder.Finish(model.Pack(builder), IDENTIFIER)
    return bytes(builder.Output())


def values(model: Model, tensor: Tensor) -> NDArray[np.uint8] | None:
    """The bytes of a constant; None where the tensor has none in the file."""
    data = model.buffers[tensor.buffer].data
    return None if data is None or not len(data) else np.asarray(data, np.uint8)


def op_name(model: Model, operator: Operator) -> str:
    """The builtin operator's name; ``CUSTOM`` for a stranger's, ``BUILTIN_N`` for a newer one."""
    code = model.operatorCodes[operator.opcodeIndex]
    number = max(code.builtinCode, code.deprecatedBuiltinCode)
    return names("BuiltinOperator").get(number, f"BUILTIN_{number}")


def op_names(model: Model) -> set[str]:
    """The names of all operators in all graphs."""
    return {op_name(model, operator) for graph in model.subgraphs for operator in graph.operators}


def code_of(model: Model, name: str, version: int) -> int:
    """Index of a builtin operator among the model's codes; entered where it is new."""
    from ai_edge_litert import schema_py_generated as schema

    number = getattr(schema.BuiltinOperator, name)
    for index, code in enumerate(model.operatorCodes):
        if max(code.builtinCode, code.deprecatedBuiltinCode) == number:
            code.version = max(code.version, version)
            return index
    code = schema.OperatorCodeT()
    code.builtinCode, code.version = number, version
    code.deprecatedBuiltinCode = min(number, 127)  # one byte; greater numbers have the other field
    model.operatorCodes.append(code)
    return len(model.operatorCodes) - 1


def named(tensor: Tensor, part: str) -> bytes:
    """A name for what belongs to a tensor."""
    return (tensor.name or b"") + b"_" + part.encode()


def name_of(tensor: Tensor) -> str:
    """Its name, empty if it has none; a file's names are bytes, new ones may be text."""
    name = tensor.name
    return name.decode(errors="replace") if isinstance(name, bytes) else name or ""


def type_name(tensor: Tensor) -> str:
    """``FLOAT32``, ``INT8``, …"""
    return names("TensorType").get(tensor.type, f"TYPE_{tensor.type}")


def _bring_in(model: Model, content: bytes) -> None:
    """Read the constants that a writer of large files, as ai-edge-quantizer, puts behind the model.

    The schema allows it for files beyond 2 GB; that library does so from 256 kB on.
    """
    for buffer in model.buffers or ():
        if buffer.offset > 1:
            end = buffer.offset + buffer.size
            if end > len(content):
                raise ValueError(f"a buffer ends at {end:,} of {len(content):,} bytes")
            buffer.data = np.frombuffer(content[buffer.offset : end], np.uint8)
        buffer.offset = buffer.size = 0


def _refuse_shared_names(model: Model, size: int) -> None:
    """The schema's own reader copies a name for each tensor that has it."""
    letters = sum(len(t.name or b"") for graph in model.subgraphs for t in graph.tensors)
    if letters > 4 * size + 65536:
        raise unsound(ValueError(f"{letters:,} letters of names in {size:,} bytes"))


@cache
def _thrifty_builder() -> type:
    import flatbuffers

    class ThriftyBuilder(flatbuffers.Builder):  # type: ignore[misc]
        def __init__(self, size: int) -> None:
            super().__init__(size)
            self.written: dict[tuple[str, bytes], int] = {}

        def CreateNumpyVector(self, x: Any) -> int:  # noqa: N802 - flatbuffers' name
            key = x.dtype.str, x.tobytes()
            if key not in self.written:
                self.written[key] = super().CreateNumpyVector(x)
            return self.written[key]

        def CreateString(self, s: Any, *options: Any) -> int:  # noqa: N802 - flatbuffers' name
            key = "name", s if isinstance(s, bytes) else s.encode()
            if key not in self.written:
                self.written[key] = super().CreateString(s, *options)
            return self.written[key]

    return ThriftyBuilder


@cache
def _aligned_buffer() -> type:
    from ai_edge_litert import schema_py_generated as schema

    class AlignedBuffer(schema.BufferT):  # type: ignore[misc]
        def Pack(self, builder: Any) -> Any:  # noqa: N802 - the schema's name
            place = 0
            if self.data is not None and len(self.data):
                data = np.asarray(self.data, np.uint8)
                builder.StartVector(1, len(data), ALIGNMENT)
                builder.head -= len(data)
                builder.Bytes[builder.head : builder.head + len(data)] = data.tobytes()
                place = builder.EndVector()
            schema.BufferStart(builder)
            if place:
                schema.BufferAddData(builder, place)
            return schema.BufferEnd(builder)

    return AlignedBuffer
