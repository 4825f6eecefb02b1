"""How much a query computes and moves: estimates from shapes alone, formula by formula.

========================== =====================================================================
operator                   multiply-accumulates of one run
========================== =====================================================================
FULLY_CONNECTED            numbers in the output x inputs of a row of weights (out, in)
CONV_2D                    numbers in the output x kernel height x width x channels in
DEPTHWISE_CONV_2D          numbers in the output x kernel height x width
BATCH_MATMUL               numbers in the output x length of the summed axis
UNIDIRECTIONAL_SEQUENCE_   positions (batch x steps) x numbers in the matrices of all gates and of
LSTM                       the projection
========================== =====================================================================

Elementwise operators, reductions and moves have none. What is in neither list counts as 0 and is
named, so that nobody takes a lower bound for the whole.

Bytes touched are what an operator reads and writes, each tensor once: a lookup reads the rows
that it gives, not its table, and a DEQUANTIZE of a constant, done once at load, nothing. Caches
and a fused kernel's shortcuts make it less, repeated reads more. Bodies of control flow count once.
Sizes that the caller chooses count as 1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod

from rbench.convert.flatbuffer import Graph, Model, Tensor, op_name, type_name

BITS = {
    "FLOAT32": 32,
    "FLOAT16": 16,
    "BFLOAT16": 16,
    "FLOAT64": 64,
    "INT2": 2,
    "INT4": 4,
    "UINT4": 4,
    "INT8": 8,
    "UINT8": 8,
    "BOOL": 8,
    "INT16": 16,
    "UINT16": 16,
    "INT32": 32,
    "UINT32": 32,
    "INT64": 64,
    "UINT64": 64,
    "COMPLEX64": 64,
    "COMPLEX128": 128,
}
"""Type -> bits of one number; int4 and int2 are packed."""
LARGEST = 1 << 48
"""Numbers in a tensor, beyond which a shape is taken for damage."""
GATES = (1, 2, 3, 4, 5, 6, 7, 8, 16)
"""Places of an LSTM's matrices among its inputs: four gates twice, and the projection."""
LOOKUPS = {"GATHER": 0, "EMBEDDING_LOOKUP": 1}
_NO_PRODUCTS = """
ABS ADD ADD_N ARG_MAX ARG_MIN ASSIGN_VARIABLE AVERAGE_POOL_2D BROADCAST_ARGS BROADCAST_TO CAST CEIL
CONCATENATION COS CUMSUM DEQUANTIZE DIV ELU EMBEDDING_LOOKUP EQUAL EXP EXPAND_DIMS FILL FLOOR
FLOOR_DIV FLOOR_MOD GATHER GATHER_ND GELU GREATER GREATER_EQUAL HARD_SWISH LEAKY_RELU LESS
LESS_EQUAL LOG LOGICAL_AND LOGICAL_NOT LOGICAL_OR LOGISTIC LOG_SOFTMAX MAXIMUM MAX_POOL_2D MEAN
MINIMUM MIRROR_PAD MUL NEG NOT_EQUAL ONE_HOT PACK PAD PADV2 POW PRELU QUANTIZE RANGE
READ_VARIABLE REDUCE_ALL REDUCE_ANY REDUCE_MAX REDUCE_MIN REDUCE_PROD RELU RELU6 RELU_N1_TO_1
RESHAPE REVERSE_V2 ROUND RSQRT SCATTER_ND SELECT SELECT_V2 SHAPE SIGN SIN SLICE SOFTMAX SPLIT
SPLIT_V SQRT SQUARE SQUARED_DIFFERENCE SQUEEZE STRIDED_SLICE SUB SUM TANH TILE TOPK_V2 TRANSPOSE
UNPACK VAR_HANDLE WHERE ZEROS_LIKE
"""
NO_PRODUCTS = frozenset(_NO_PRODUCTS.split())
"""Operators without multiply-accumulates."""


@dataclass(frozen=True)
class Work:
    """Of one query."""

    macs: int
    """Multiply-accumulates, estimated."""
    touched_bytes: int
    """Read and written by all operators."""
    uncounted: dict[str, int]
    """Operator without a formula -> how often it stands in the graph; their MACs are missing."""


MOST_STEPS = 1_000_000
"""From graph to graph, over all ways into a file; beyond that it is made to be slow."""


class Estimates:
    """The work of each way into a file, which begins in one of its graphs."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._graphs = list(model.subgraphs or ())
        self._own: dict[int, tuple[Work, tuple[int, ...]]] = {}
        self._whole: dict[int, Work] = {}
        self._steps = 0

    def of(self, graph: int) -> Work:
        """What one run of a graph takes, with the graphs that its control flow runs, each once.

        Raises:
            IndexError: there is no such graph.
            ValueError: shapes or references that must be damaged.
        """
        if graph not in self._whole:
            self._whole[graph] = self._summed(graph)
        return self._whole[graph]

    def _summed(self, graph: int) -> Work:
        macs, touched = 0, 0
        uncounted: Counter[str] = Counter()
        seen, pending = {graph}, [graph]
        while pending:
            self._steps += 1
            if self._steps > MOST_STEPS:
                raise ValueError("graphs that run graphs, without end")
            found, calls = self._of_its_own(pending.pop())
            macs, touched = macs + found.macs, touched + found.touched_bytes
            uncounted.update(found.uncounted)
            pending += [other for other in calls if other not in seen]
            seen.update(calls)
        return Work(macs, touched, dict(sorted(uncounted.items())))

    def _of_its_own(self, number: int) -> tuple[Work, tuple[int, ...]]:
        if number not in self._own:
            if not 0 <= number < len(self._graphs):
                raise IndexError(f"graph {number} of {len(self._graphs)}")
            self._own[number] = _of_graph(self._model, self._graphs[number])
        return self._own[number]


def estimate(model: Model, graph: int = 0) -> Work:
    """The work of one graph and of those that its control flow runs."""
    return Estimates(model).of(graph)


def _of_graph(model: Model, graph: Graph) -> tuple[Work, tuple[int, ...]]:
    """Work of the operators that stand in a graph, and the graphs that they run."""
    macs, touched = 0, 0
    uncounted: Counter[str] = Counter()
    calls: dict[int, None] = {}
    tensors = graph.tensors if graph.tensors is not None else ()
    for operator in graph.operators if graph.operators is not None else ():
        name = op_name(model, operator)
        inputs = [_tensor(tensors, n) if n >= 0 else None for n in _listed(operator.inputs)]
        outputs = [_tensor(tensors, n) for n in _listed(operator.outputs) if n >= 0]
        run = getattr(operator.builtinOptions, "graphs", ())
        calls |= dict.fromkeys(run)
        formula = _FORMULAS.get(name)
        if formula is not None:
            macs += formula(inputs, outputs, operator.builtinOptions)
        elif name not in NO_PRODUCTS and not run:
            uncounted[name] += 1
        touched += _touched(model, name, inputs, outputs)
    return Work(macs, touched, dict(sorted(uncounted.items()))), tuple(calls)


def _tensor(tensors: Sequence[Tensor], number: int) -> Tensor:
    if number >= len(tensors):
        raise IndexError(f"tensor {number} of {len(tensors)}")
    return tensors[number]


def count(tensor: Tensor) -> int:
    """Numbers in a tensor.

    Raises:
        ValueError: so many that the shape must be damaged.
    """
    found = prod(max(int(size), 0) for size in _listed(tensor.shape))
    if found > LARGEST:
        raise ValueError(f"a tensor of {found:.3g} numbers")
    return found


def size_bytes(tensor: Tensor) -> int:
    """Bytes of its numbers, packed; 0 for strings and other types without a size."""
    return -(-count(tensor) * BITS.get(type_name(tensor), 0) // 8)


Tensors = list[Tensor | None]
Formula = Callable[[Tensors, list[Tensor], object], int]


def _listed(numbers: object) -> list[int]:
    return [] if numbers is None else [int(n) for n in numbers]  # type: ignore[attr-defined]


def _shape(tensor: Tensor | None) -> list[int]:
    if tensor is None:
        raise ValueError("an operator without the input that it cannot do without")
    count(tensor)
    return [max(size, 0) for size in _listed(tensor.shape)]


def _fully_connected(inputs: Tensors, outputs: list[Tensor], options: object) -> int:
    return count(outputs[0]) * _shape(inputs[1])[-1]


def _conv_2d(inputs: Tensors, outputs: list[Tensor], options: object) -> int:
    return count(outputs[0]) * prod(_shape(inputs[1])[1:])


def _depthwise(inputs: Tensors, outputs: list[Tensor], options: object) -> int:
    return count(outputs[0]) * prod(_shape(inputs[1])[1:3])


def _batch_matmul(inputs: Tensors, outputs: list[Tensor], options: object) -> int:
    return count(outputs[0]) * _shape(inputs[0])[-2 if getattr(options, "adjX", False) else -1]


def _lstm(inputs: Tensors, outputs: list[Tensor], options: object) -> int:
    matrices = [inputs[place] for place in GATES if place < len(inputs)]
    return prod(_shape(inputs[0])[:-1]) * sum(count(m) for m in matrices if m is not None)


_FORMULAS: dict[str, Formula] = {
    "FULLY_CONNECTED": _fully_connected,
    "CONV_2D": _conv_2d,
    "DEPTHWISE_CONV_2D": _depthwise,
    "BATCH_MATMUL": _batch_matmul,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": _lstm,
}


def _touched(model: Model, name: str, inputs: Tensors, outputs: list[Tensor]) -> int:
    written = sum(size_bytes(tensor) for tensor in outputs)
    given = list(inputs)
    if name == "DEQUANTIZE" and given and given[0] is not None:
        data = model.buffers[given[0].buffer].data
        if data is not None and len(data):
            return 0
    if name in LOOKUPS and len(given) > LOOKUPS[name]:
        table = given.pop(LOOKUPS[name])
        bits = BITS.get(type_name(table), 0) if table is not None else 0
        written += -(-sum(count(tensor) for tensor in outputs) * bits // 8)
    return written + sum(size_bytes(tensor) for tensor in given if tensor is not None)
