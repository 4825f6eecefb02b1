"""Small .tflite files built op by op: no TensorFlow, and just what a test is about.

`recommender` writes what tf.lite makes of a bag of words, with the item table in whatever form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rbench.convert.flatbuffer import pack, parse
from rbench.convert.grafting import graft
from rbench.signatures import INPUT, ITEM, OUTPUT_ITEMS, OUTPUT_SCORES, SIGNATURE, STATE, TAP

STEP = 0.05
"""Scale of a static file's vector and scores."""
_DENSE = "FullyConnectedOptions"


@dataclass(frozen=True)
class Quantized:
    """Scales and zero points of a tensor, a row each or one for all."""

    scales: Sequence[float]
    zero_points: Sequence[int]


class FlatGraph:
    """A .tflite in the making: tensors and ops in order. Tensors are numbers, as in the file."""

    def __init__(self) -> None:
        from ai_edge_litert import schema_py_generated as schema

        self.schema: Any = schema
        self.model = schema.ModelT()
        self.model.version, self.model.buffers = 3, [schema.BufferT()]
        self.model.operatorCodes, self.model.metadata = [], []
        self.graph = schema.SubGraphT()
        self.graph.tensors, self.graph.operators = [], []
        self.model.subgraphs = [self.graph]

    def buffer(self, data: Any) -> int:
        """A buffer with the bytes of an array."""
        made = self.schema.BufferT()
        made.data = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
        self.model.buffers.append(made)
        return len(self.model.buffers) - 1

    def tensor(
        self,
        shape: Sequence[int],
        kind: str = "FLOAT32",
        data: Any = None,
        quantized: Quantized | None = None,
        buffer: int = 0,
    ) -> int:
        """A tensor, constant if it has data or a buffer."""
        made = self.schema.TensorT()
        made.name, made.shape = f"t{len(self.graph.tensors)}", np.array(shape, np.int32)
        made.type = getattr(self.schema.TensorType, kind)
        made.buffer = buffer if data is None else self.buffer(data)
        if quantized:
            made.quantization = self.schema.QuantizationParametersT()
            made.quantization.scale = np.array(quantized.scales, np.float32)
            made.quantization.zeroPoint = np.array(quantized.zero_points, np.int64)
        self.graph.tensors.append(made)
        return len(self.graph.tensors) - 1

    def op(
        self, name: str, inputs: Sequence[int], outputs: Sequence[int], options: str, version: int
    ) -> None:
        """A builtin operator with the default options of its kind."""
        code = self.schema.OperatorCodeT()
        code.builtinCode = getattr(self.schema.BuiltinOperator, name)
        code.deprecatedBuiltinCode, code.version = min(code.builtinCode, 127), version
        self.model.operatorCodes.append(code)
        made = self.schema.OperatorT()
        made.opcodeIndex = len(self.model.operatorCodes) - 1
        made.inputs, made.outputs = list(inputs), list(outputs)
        made.builtinOptionsType = getattr(self.schema.BuiltinOptions, options)
        made.builtinOptions = getattr(self.schema, options + "T")()
        self.graph.operators.append(made)

    def finish(self, signature: str, inputs: dict[str, int], outputs: dict[str, int]) -> bytes:
        """The file, with one signature."""
        self.graph.inputs, self.graph.outputs = list(inputs.values()), list(outputs.values())
        defined = self.schema.SignatureDefT()
        defined.signatureKey, defined.subgraphIndex = signature, 0
        for place, named in (("inputs", inputs), ("outputs", outputs)):
            maps = []
            for name, index in named.items():
                entry = self.schema.TensorMapT()
                entry.name, entry.tensorIndex = name, index
                maps.append(entry)
            setattr(defined, place, maps)
        self.model.signatureDefs = [defined]
        return pack(self.model)


def recommender(
    table: Any,
    length: int = 6,
    k: int = 10,
    scheme: str = "dynamic",
    zero: int = 0,
    bias: Any = None,
    scoring: Any = None,
    stateful: bool = False,
    one_table: bool = False,
) -> bytes:
    """A bag of words over an item table, as tf.lite writes it under a scheme.

    Args:
        table: float32 ``(items, width)``.
        scheme: ``float32`` (two equal buffers), ``dynamic`` (int8 twice, floats between) or
            ``static`` (int8 all through).
        zero: zero point of the lookup's int8 copy.
        bias: float32 ``(items,)``, added to the scores.
        scoring: another table for the scoring; the same if left out.
        stateful: half of the query before is added to each vector, unless the state is reset.
        one_table: item n is looked up in row n - 1, where it is scored, as in rbench's own files;
            padding counts as the first item.
    """
    graph, weights = FlatGraph(), table if scoring is None else scoring
    items, width = table.shape
    context = graph.tensor((1, length), "INT32")
    flat_shape = graph.tensor((1,), "INT32", np.array([length], np.int32))
    ids = graph.tensor((length,), "INT32")
    graph.op("RESHAPE", (context, flat_shape), (ids,), "ReshapeOptions", 1)
    ids = _row_numbers(graph, ids, length) if one_table else ids
    axis = graph.tensor((1,), "INT32", np.array([0], np.int32))
    vector = graph.tensor((1, width))
    rows = _lookup(graph, table, ids, length, None if scheme == "float32" else zero)
    graph.op("SUM", (rows, axis), (vector,), "ReducerOptions", 1)
    graph.graph.operators[-1].builtinOptions.keepDims = True
    vector = _remembering(graph, vector, width) if stateful else vector
    scores = _scoring(graph, weights, vector, scheme, bias)
    best, named = _ranking(graph, scores, min(k, items))
    return graph.finish(SIGNATURE, {INPUT: context}, {OUTPUT_SCORES: best, OUTPUT_ITEMS: named})


def tapped(content: bytes, table: Any, k: int = 10, scoring: Any = None) -> bytes:
    """A `recommender` with the signature `tap` beside it: the state is the sum of the rows so far,
    so both say the same while the history is no longer than a context.

    Args:
        content: the file, in float32.
        table, scoring: as it was made with.
    """
    graph, weights = FlatGraph(), table if scoring is None else scoring
    width = table.shape[1]
    state, item = graph.tensor((1, width)), graph.tensor((1, 1), "INT32")
    flat_shape = graph.tensor((1,), "INT32", np.array([1], np.int32))
    ids, after = graph.tensor((1,), "INT32"), graph.tensor((1, width))
    graph.op("RESHAPE", (item, flat_shape), (ids,), "ReshapeOptions", 1)
    row = _lookup(graph, table, ids, 1, None)
    graph.op("ADD", (state, row), (after,), "AddOptions", 1)
    scores = _scoring(graph, weights, after, "float32", None)
    best, named = _ranking(graph, scores, min(k, len(weights)))
    inputs = {STATE: state, ITEM: item}
    outputs = {STATE: after, OUTPUT_SCORES: best, OUTPUT_ITEMS: named}
    model, other = parse(content), parse(graph.finish(TAP, inputs, outputs))
    graft(model, other)
    return pack(model)


def _row_numbers(graph: FlatGraph, ids: int, length: int) -> int:
    one, none = (graph.tensor((), "INT32", np.array(n, np.int32)) for n in (1, 0))
    before, rows = graph.tensor((length,), "INT32"), graph.tensor((length,), "INT32")
    graph.op("SUB", (ids, one), (before,), "SubOptions", 1)
    graph.op("MAXIMUM", (before, none), (rows,), "MaximumMinimumOptions", 1)
    return rows


def _remembering(graph: FlatGraph, vector: int, width: int) -> int:
    """The vector, and half of the last one, which a variable tensor holds: an SVDF."""
    features = graph.tensor((width, width), data=np.eye(width, dtype=np.float32))
    times = graph.tensor((width, 2), data=np.tile(np.array([0.5, 1], np.float32), (width, 1)))
    state, result = graph.tensor((1, 2 * width)), graph.tensor((1, width))
    graph.graph.tensors[state].isVariable = True
    graph.op("SVDF", (vector, features, times, -1, state), (result,), "SVDFOptions", 1)
    graph.graph.operators[-1].builtinOptions.rank = 1
    return result


def _lookup(graph: FlatGraph, table: Any, ids: int, length: int, zero: int | None) -> int:
    shape = (length, table.shape[1])
    rows = graph.tensor(shape)
    if zero is None:
        lookup = graph.tensor(table.shape, data=table.astype(np.float32))
        graph.op("GATHER", (lookup, ids), (rows,), "GatherOptions", 1)
        return rows
    scale = float(np.abs(table).max()) / 127
    coarse = np.clip(np.rint(table / scale) + zero, -128, 127).astype(np.int8)
    known = Quantized([scale], [zero])
    lookup = graph.tensor(table.shape, "INT8", coarse, known)
    looked_up = graph.tensor(shape, "INT8", quantized=known)
    graph.op("GATHER", (lookup, ids), (looked_up,), "GatherOptions", 2)
    graph.op("DEQUANTIZE", (looked_up,), (rows,), "DequantizeOptions", 2)
    return rows


def _scoring(graph: FlatGraph, weights: Any, vector: int, scheme: str, bias: Any) -> int:
    items, zeros = len(weights), [0] * len(weights)
    scores, extra = graph.tensor((1, items)), -1
    steps = np.maximum(np.abs(weights).max(axis=1), 1e-6) / 127
    if scheme == "float32":
        table = graph.tensor(weights.shape, data=weights.astype(np.float32))
    else:
        fine = np.rint(weights / steps[:, None]).astype(np.int8)
        table = graph.tensor(weights.shape, "INT8", fine, Quantized(steps, zeros))
    if scheme != "static":
        if bias is not None:
            extra = graph.tensor((items,), data=np.asarray(bias, np.float32))
        version = 1 if scheme == "float32" else 12
        graph.op("FULLY_CONNECTED", (vector, table, extra), (scores,), _DENSE, version)
        return scores
    source = Quantized([STEP], [0])
    quantized = graph.tensor((1, weights.shape[1]), "INT8", quantized=source)
    graph.op("QUANTIZE", (vector,), (quantized,), "QuantizeOptions", 1)
    if bias is not None:
        counted = np.rint(bias / (STEP * steps)).astype(np.int32)
        extra = graph.tensor((items,), "INT32", counted, Quantized(STEP * steps, zeros))
    result = graph.tensor((1, items), "INT8", quantized=Quantized([STEP], [0]))
    graph.op("FULLY_CONNECTED", (quantized, table, extra), (result,), _DENSE, 4)
    graph.op("DEQUANTIZE", (result,), (scores,), "DequantizeOptions", 2)
    return scores


def _ranking(graph: FlatGraph, scores: int, k: int) -> tuple[int, int]:
    count = graph.tensor((), "INT32", np.array(k, np.int32))
    first = graph.tensor((1,), "INT32", np.array([1], np.int32))
    best, columns = graph.tensor((1, k)), graph.tensor((1, k), "INT32")
    graph.op("TOPK_V2", (scores, count), (best, columns), "TopKV2Options", 1)
    named = graph.tensor((1, k), "INT32")
    graph.op("ADD", (columns, first), (named,), "AddOptions", 1)
    return best, named
