"""Which GPU this machine has, as the runtime sees it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import msgspec

from rbench.errors import RbenchError, Unsupported
from rbench.profile.tools.litert.nodes import nodes_taken
from rbench.system import temporary
from rbench.system.extras import require

SIDE = 4
"""Numbers that the graph which is tried adds to themselves."""


class Gpu(msgspec.Struct, frozen=True, kw_only=True):
    """What was found. Without a name there is none that works, for the reason given."""

    name: str = ""
    software: bool = False
    reason: str = ""
    remedy: str = ""


@cache
def find() -> Gpu:
    """Try the smallest graph on the GPU, in a process of its own. Takes a second, once."""
    try:
        require("profile", "trying the GPU")
        with addition() as model:
            found = nodes_taken(model, "gpu")
    except Unsupported as error:
        return Gpu(reason=error.what, remedy=error.remedy)
    except (RbenchError, OSError) as error:
        return Gpu(reason=str(error))
    return Gpu(name=found.adapter, software=found.software)


@contextmanager
def addition() -> Iterator[Path]:
    """The smallest .tflite, in a folder that goes with the context."""
    with temporary.folder() as folder:
        model = folder / "addition.tflite"
        model.write_bytes(_addition())
        yield model


def _addition() -> bytes:
    """A .tflite with one ADD."""
    import flatbuffers
    import numpy as np
    from ai_edge_litert import schema_py_generated as schema

    tensors = [schema.TensorT() for _ in range(2)]
    for number, tensor in enumerate(tensors):
        tensor.name, tensor.shape, tensor.buffer = f"t{number}", np.array([1, SIDE], np.int32), 0
    code, add, graph = schema.OperatorCodeT(), schema.OperatorT(), schema.SubGraphT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.ADD
    code.version = 1
    add.opcodeIndex, add.inputs, add.outputs = 0, [0, 0], [1]
    add.builtinOptionsType, add.builtinOptions = (
        schema.BuiltinOptions.AddOptions,
        schema.AddOptionsT(),
    )
    graph.tensors, graph.operators, graph.inputs, graph.outputs = tensors, [add], [0], [1]
    model = schema.ModelT()
    model.version, model.operatorCodes, model.subgraphs = 3, [code], [graph]
    model.buffers = [schema.BufferT()]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
