"""New tensors and operators in a graph that a converter wrote."""

from __future__ import annotations

from itertools import chain, count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbench.convert.flatbuffer import Graph, Model, Operator, Tensor, code_of, name_of

OPTIONS = {
    "ADD": "AddOptions",
    "ASSIGN_VARIABLE": "AssignVariableOptions",
    "BATCH_MATMUL": "BatchMatMulOptions",
    "CALL_ONCE": "CallOnceOptions",
    "CAST": "CastOptions",
    "CONCATENATION": "ConcatenationOptions",
    "DEQUANTIZE": "DequantizeOptions",
    "EQUAL": "EqualOptions",
    "FLOOR_DIV": "FloorDivOptions",
    "GATHER": "GatherOptions",
    "GREATER_EQUAL": "GreaterEqualOptions",
    "MAXIMUM": "MaximumMinimumOptions",
    "MINIMUM": "MaximumMinimumOptions",
    "MUL": "MulOptions",
    "NEG": "NegOptions",
    "QUANTIZE": "QuantizeOptions",
    "READ_VARIABLE": "ReadVariableOptions",
    "REDUCE_ANY": "ReducerOptions",
    "REDUCE_MAX": "ReducerOptions",
    "RESHAPE": "ReshapeOptions",
    "SCATTER_ND": "ScatterNdOptions",
    "SELECT_V2": "SelectV2Options",
    "SOFTMAX": "SoftmaxOptions",
    "SUB": "SubOptions",
    "SUM": "ReducerOptions",
    "TOPK_V2": "TopKV2Options",
    "VAR_HANDLE": "VarHandleOptions",
}
"""Operator -> the schema's name of its options; others have none."""


def new_operator(
    model: Model, name: str, inputs: list[int], outputs: list[int], version: int = 1
) -> Operator:
    """A builtin operator with the default options of its kind; not yet one of the graph."""
    from ai_edge_litert import schema_py_generated as schema

    made = schema.OperatorT()
    made.opcodeIndex = code_of(model, name, version)
    made.inputs, made.outputs = np.array(inputs, np.int32), np.array(outputs, np.int32)
    if name in OPTIONS:
        made.builtinOptionsType = getattr(schema.BuiltinOptions, OPTIONS[name])
        made.builtinOptions = getattr(schema, f"{OPTIONS[name]}T")()
    return made


def new_tensor(graph: Graph, name: str, shape: list[int], like: Tensor | str) -> int:
    """A tensor at the end of the graph's.

    Args:
        name: with a number behind it where another has it already.
        like: a type's name, or a tensor whose type and quantization it shares.
    """
    from ai_edge_litert import schema_py_generated as schema

    made = schema.TensorT()
    known = {name_of(tensor) for tensor in graph.tensors}
    made.name = next(n for n in chain([name], (f"{name}_{n}" for n in count(1))) if n not in known)
    made.shape, made.buffer, made.hasRank = np.array(shape, np.int32), 0, True
    if isinstance(like, str):
        made.type = getattr(schema.TensorType, like)
    else:
        made.type, made.quantization = like.type, like.quantization
    graph.tensors.append(made)
    return len(graph.tensors) - 1


def new_constant(
    model: Model, graph: Graph, name: str, data: NDArray[Any], like: Tensor | str
) -> int:
    """A tensor with these numbers in the file."""
    buffer = type(model.buffers[0])()
    buffer.data = np.frombuffer(data.tobytes(), np.uint8)
    model.buffers.append(buffer)
    tensor = new_tensor(graph, name, list(data.shape), like)
    graph.tensors[tensor].buffer = len(model.buffers) - 1
    return tensor
