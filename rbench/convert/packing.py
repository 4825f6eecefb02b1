"""Weights of 8 or 4 bits in a float32 file: rbench's own quantizer of weights.

tf.lite has no 4-bit weights and none that are only stored small; ai-edge-quantizer has both, but
leaves the lookup in float or writes the item table twice. Here every weight is rounded once (see
`rbench.convert.grid`), and its readers get it in one of two ways:

- **dynamic**: the operator reads the integers. FULLY_CONNECTED and CONV_2D quantize their input
  while they run; EMBEDDING_LOOKUP, which takes the place of GATHER, gives float rows. A 4-bit item
  table has one scale if it lies on such a grid already, else one for every 32 numbers.
- **weight only**: a DEQUANTIZE, done once at load, makes floats of them; all arithmetic is float.

What is read as it is (biases, norms, small constants) stays float32.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rbench.convert.flatbuffer import (
    Graph,
    Model,
    Operator,
    Tensor,
    code_of,
    named,
    op_name,
    type_name,
    values,
)
from rbench.convert.grid import Small, blocks_fit, in_blocks, whole
from rbench.signatures import STATE

LEAST = 1024
"""Numbers below which a constant stays float32, as in tf.lite: scales would cost what it saves."""
LSTM = "UNIDIRECTIONAL_SEQUENCE_LSTM"
GATES = frozenset({1, 2, 3, 4, 5, 6, 7, 8, 16})
"""Places of an LSTM's matrices among its inputs."""
RECURRENT = frozenset({5, 6, 7, 8})
"""Those among them that multiply its own state."""
PIECES = frozenset({"RESHAPE", "SLICE", "SPLIT", "STRIDED_SLICE"})
"""Operators that hand on what they are given, or a part of it."""
RECURRENT_BITS = 8
"""Of a matrix that a recurrence multiplies with at every step: so does its rounding come back."""
ROWS = frozenset({"FULLY_CONNECTED", "CONV_2D"})
"""Operators whose weights may have a scale for each row, an output channel."""
WEIGHTS = {
    "FULLY_CONNECTED": {1},
    "CONV_2D": {1},
    "BATCH_MATMUL": {1},
    "GATHER": {0},
    "ADD": {0, 1},
    LSTM: GATES,
}
"""Operator -> places of its weights; those that ADD takes are positions in a sequence."""
DYNAMIC = {"FULLY_CONNECTED": 4, "CONV_2D": 4, "GATHER": 4, LSTM: 8}
"""Operator -> least bits of weights that LiteRT's own kernel reads beside float inputs."""


@dataclass
class Weight:
    """One buffer of weights and who reads it."""

    buffer: int
    tensors: list[int] = field(default_factory=list)
    readers: list[Operator] = field(default_factory=list)
    recurrent: bool = False
    """Whether it is multiplied with at every step: by a fused recurrence, by many products, or with
    the state that a tap is given."""


def pack_weights(model: Model, bits: int, dynamic: bool) -> None:
    """Put the weights of a float32 model of one subgraph into ``bits`` bits, in place.

    Args:
        model: as tf.lite writes it, the item table in one buffer.
        bits: 4 or 8.
        dynamic: operators read the integers where they have a kernel for it.
    """
    for graph in model.subgraphs:
        for weight in list(_weights(model, graph)):
            _pack(model, graph, weight, bits, dynamic)


def _weights(model: Model, graph: Graph) -> Iterator[Weight]:
    """Buffers that are read as weights and as nothing else."""
    found: dict[int, Weight] = {}
    other: set[int] = set()
    carried = _carried(model, graph)
    for operator in graph.operators:
        places = WEIGHTS.get(op_name(model, operator), frozenset())
        for place, tensor in enumerate(operator.inputs):
            if tensor < 0 or values(model, graph.tensors[tensor]) is None:
                continue
            holder = graph.tensors[tensor]
            large = int(np.prod(holder.shape)) >= LEAST and type_name(holder) == "FLOAT32"
            if place in places and large:
                weight = found.setdefault(holder.buffer, Weight(holder.buffer))
                weight.recurrent |= int(operator.inputs[0]) in carried
                weight.recurrent |= _recurs(model, weight, operator, place)
                weight.readers.append(operator)
                if tensor not in weight.tensors:
                    weight.tensors.append(int(tensor))
            else:
                other.add(holder.buffer)
    yield from (weight for buffer, weight in found.items() if buffer not in other)


def _recurs(model: Model, weight: Weight, operator: Operator, place: int) -> bool:
    """Whether one more reader shows that it is a recurrence's."""
    name = op_name(model, operator)
    if name == LSTM:
        return place in RECURRENT
    return name == "FULLY_CONNECTED" and any(
        op_name(model, reader) == name for reader in weight.readers
    )


def _carried(model: Model, graph: Graph) -> set[int]:
    """Tensors that are the state which a graph is given, or pieces of it."""
    ends = [entry for one in model.signatureDefs or () for entry in one.inputs or ()]
    found = {int(end.tensorIndex) for end in ends if end.name in (STATE, STATE.encode())}
    for operator in graph.operators if found else ():
        if op_name(model, operator) in PIECES and int(operator.inputs[0]) in found:
            found.update(int(tensor) for tensor in operator.outputs)
    return found


def _pack(model: Model, graph: Graph, weight: Weight, bits: int, dynamic: bool) -> None:
    names = {op_name(model, operator) for operator in weight.readers}
    read = dynamic and names <= set(DYNAMIC)
    if read:
        bits = max(bits, *(DYNAMIC[name] for name in names))
    if weight.recurrent:
        bits = max(bits, RECURRENT_BITS)
    first = graph.tensors[weight.tensors[0]]
    data = model.buffers[weight.buffer].data
    numbers = np.asarray(data, np.uint8).view(np.float32).reshape(tuple(first.shape))
    by_row = names <= ROWS or (names == {LSTM} and not read)
    small = whole(numbers, bits, numbers.shape[0] if by_row else 1)
    if read and bits == 4 and "GATHER" in names and not small.exact and blocks_fit(numbers):
        small = in_blocks(numbers)
    holder = small_tensor(model, graph, small, first)
    for tensor in weight.tensors:
        if read:
            was = graph.tensors[tensor]
            was.type, was.buffer, was.quantization = holder.type, holder.buffer, holder.quantization
        else:
            _dequantize(model, graph, tensor, holder)
    for operator in weight.readers if read else ():
        if op_name(model, operator) == "GATHER":
            look_up(model, operator)


def small_tensor(model: Model, graph: Graph, small: Small, was: Tensor) -> Tensor:
    """A new tensor that holds the integers and their scales; not yet one of the graph."""
    from ai_edge_litert import schema_py_generated as schema

    tensor, known = schema.TensorT(), schema.QuantizationParametersT()
    tensor.shape, tensor.name, tensor.quantization = was.shape, was.name, known
    tensor.type = getattr(schema.TensorType, f"INT{small.bits}")
    tensor.buffer = _buffer(model, small.data)
    if small.block == 0:
        known.scale, known.zeroPoint = small.scales, np.zeros(small.scales.size, np.int64)
        return tensor
    scales, blocks = schema.TensorT(), schema.BlockwiseQuantizationT()
    scales.shape, scales.name = np.array(small.scales.shape, np.int32), named(was, "scales")
    scales.type = schema.TensorType.FLOAT16
    scales.buffer = _buffer(model, small.scales.view(np.uint8).reshape(-1))
    blocks.scales, blocks.zeroPoints, blocks.blockSize = len(graph.tensors), -1, small.block
    graph.tensors.append(scales)
    known.detailsType = schema.QuantizationDetails.BlockwiseQuantization
    known.details = blocks
    return tensor


def _buffer(model: Model, data: NDArray[np.uint8]) -> int:
    buffer = type(model.buffers[0])()
    buffer.data = data
    model.buffers.append(buffer)
    return len(model.buffers) - 1


def _dequantize(model: Model, graph: Graph, tensor: int, small: Tensor) -> None:
    """Put a DEQUANTIZE of the integers before all readers of a constant."""
    from ai_edge_litert import schema_py_generated as schema

    was = graph.tensors[tensor]
    was.buffer, was.name = 0, named(was, "float")
    operator = schema.OperatorT()
    operator.opcodeIndex = code_of(model, "DEQUANTIZE", 6)
    operator.builtinOptionsType = schema.BuiltinOptions.DequantizeOptions
    operator.builtinOptions = schema.DequantizeOptionsT()
    operator.inputs = np.array([len(graph.tensors)], np.int32)
    operator.outputs = np.array([tensor], np.int32)
    graph.tensors.append(small)
    graph.operators.insert(0, operator)


def look_up(model: Model, operator: Operator) -> None:
    """GATHER of rows becomes EMBEDDING_LOOKUP: the ids come first, the rows come out as floats."""
    operator.opcodeIndex = code_of(model, "EMBEDDING_LOOKUP", 4)
    operator.inputs = operator.inputs[::-1].copy()
    operator.builtinOptionsType, operator.builtinOptions = 0, None
