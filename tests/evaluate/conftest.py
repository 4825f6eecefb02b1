"""Small worlds to score: a dataset from lists, and .tflite files built op by op.

The files are written with the schema that comes with ai-edge-litert, so that no test here needs
TensorFlow, and each can hold just the op that a test is about.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rbench.data.dataset import Dataset, Holdout, Ragged
from rbench.records import DataSummary


def ragged(sequences: Sequence[Sequence[int]]) -> Ragged:
    offsets = np.cumsum([0, *(len(sequence) for sequence in sequences)]).astype(np.int64)
    return Ragged(np.array([v for s in sequences for v in s], np.int32), offsets)


@pytest.fixture
def make_dataset() -> Callable[..., Dataset]:
    """(train sequences, test targets, items[, histories]) -> a dataset."""

    def make(
        train: Sequence[Sequence[int]],
        targets: Sequence[int],
        items: int,
        histories: Sequence[Sequence[int]] | None = None,
    ) -> Dataset:
        users = np.arange(len(targets), dtype=np.int32)
        known = ragged(train if histories is None else histories)
        test = Holdout(known, np.array(targets, np.int32), users)
        summary = DataSummary(
            name="made",
            format="made",
            users=len(train),
            items=items,
            catalogue=items,
            interactions=0,
            split="leave_one_out",
            test_users=len(targets),
            validation_users=0,
            checksum="",
        )
        return Dataset(
            summary=summary,
            vocabulary=("", *(f"i{n}" for n in range(1, items + 1))),
            train=ragged(train),
            validation=Holdout(ragged([]), np.zeros(0, np.int32), np.zeros(0, np.int32)),
            test=test,
        )

    return make


class Graph:
    """A .tflite in the making: tensors and ops in order."""

    def __init__(self) -> None:
        from ai_edge_litert import schema_py_generated as schema

        self.schema = schema
        self.model = schema.ModelT()
        self.model.version = 3
        self.model.buffers = [schema.BufferT()]
        self.model.operatorCodes = []
        self.graph = schema.SubGraphT()
        self.graph.tensors, self.graph.operators = [], []
        self.model.subgraphs = [self.graph]
        self.codes: dict[int, int] = {}

    def tensor(
        self,
        shape: Sequence[int],
        kind: str = "FLOAT32",
        data: Any = None,
        quantization: tuple[float, int] | None = None,
        variable: bool = False,
    ) -> int:
        made = self.schema.TensorT()
        made.name = f"t{len(self.graph.tensors)}"
        made.shape = list(shape)
        made.type = getattr(self.schema.TensorType, kind)
        made.isVariable = variable
        made.buffer = 0
        if data is not None:
            buffer = self.schema.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
            made.buffer = len(self.model.buffers)
            self.model.buffers.append(buffer)
        if quantization:
            made.quantization = self.schema.QuantizationParametersT()
            made.quantization.scale = [quantization[0]]
            made.quantization.zeroPoint = [quantization[1]]
        self.graph.tensors.append(made)
        return len(self.graph.tensors) - 1

    def op(self, name: str, inputs: Sequence[int], outputs: Sequence[int], options: str) -> None:
        code = getattr(self.schema.BuiltinOperator, name)
        if code not in self.codes:
            known = self.schema.OperatorCodeT()
            known.builtinCode = code
            known.deprecatedBuiltinCode = min(code, 127)
            known.version = 2 if name in ("TOPK_V2", "QUANTIZE", "DEQUANTIZE") else 1
            self.codes[code] = len(self.model.operatorCodes)
            self.model.operatorCodes.append(known)
        made = self.schema.OperatorT()
        made.opcodeIndex = self.codes[code]
        made.inputs, made.outputs = list(inputs), list(outputs)
        made.builtinOptionsType = getattr(self.schema.BuiltinOptions, options)
        made.builtinOptions = getattr(self.schema, options + "T")()
        self.graph.operators.append(made)

    def finish(self, signature: str, inputs: dict[str, int], outputs: dict[str, int]) -> bytes:
        import flatbuffers

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
        builder = flatbuffers.Builder(1024)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


@pytest.fixture
def make_file(tmp_path: Path) -> Callable[..., Path]:
    """(lookup (items + 1, width), table (items, width), length, k, …) -> a .tflite.

    Scores are the table times the sum of the context's rows. What ``form`` may be:

    - ``float``: nothing special;
    - ``int8``: ranked as int8 of scale ``step``;
    - ``dequantized``: quantized like that, ranked after a DEQUANTIZE;
    - ``stateful``: the sum also goes into a variable tensor and comes back at the next query;
    - ``decoy``: another TOPK_V2 stands first in the graph;
    - ``unranked``: no TOPK_V2 at all;
    - ``shifted``: ids start at 0.
    """
    pytest.importorskip("ai_edge_litert")

    def make(
        lookup: np.ndarray,
        table: np.ndarray,
        length: int,
        k: int,
        form: str = "float",
        step: float = 0.1,
        signature: str = "recommend",
    ) -> Path:
        graph = Graph()
        (items, width), rows = table.shape, len(lookup)
        context = graph.tensor((1, length), "INT32")
        looked = graph.tensor((1, length, width))
        rows_of = graph.tensor((rows, width), data=lookup.astype(np.float32))
        graph.op("GATHER", (rows_of, context), (looked,), "GatherOptions")
        axis = graph.tensor((1,), "INT32", np.array([1], np.int32))
        vector = graph.tensor((1, width))
        graph.op("SUM", (looked, axis), (vector,), "ReducerOptions")
        if form == "stateful":
            eye = graph.tensor((width, width), data=np.eye(width, dtype=np.float32))
            bias = graph.tensor((width,), data=np.zeros(width, np.float32))
            state = graph.tensor((1, width), variable=True)
            out = graph.tensor((1, width))
            graph.op("RNN", (vector, eye, eye, bias, state), (out,), "RNNOptions")
            vector = out
        weights = graph.tensor((items, width), data=table.astype(np.float32))
        scores = graph.tensor((1, items))
        graph.op("FULLY_CONNECTED", (vector, weights, -1), (scores,), "FullyConnectedOptions")
        count = graph.tensor((), "INT32", np.array(k, np.int32))
        if form == "decoy":
            one = graph.tensor((), "INT32", np.array(1, np.int32))
            best, place = graph.tensor((1, 1)), graph.tensor((1, 1), "INT32")
            graph.op("TOPK_V2", (vector, one), (best, place), "TopKV2Options")
        kind, quantization = "FLOAT32", None
        if form in ("int8", "dequantized"):
            kind, quantization = "INT8", (step, -3)
            quantized = graph.tensor((1, items), kind, quantization=quantization)
            graph.op("QUANTIZE", (scores,), (quantized,), "QuantizeOptions")
            scores = quantized
        if form == "dequantized":
            kind, quantization = "FLOAT32", None
            scores = graph.tensor((1, items))
            graph.op("DEQUANTIZE", (quantized,), (scores,), "DequantizeOptions")
        values = graph.tensor((1, k), kind, quantization=quantization)
        indices = graph.tensor((1, k), "INT32")
        if form == "unranked":
            values, indices = scores, graph.tensor((1, k), "INT32", np.zeros((1, k), np.int32))
        else:
            graph.op("TOPK_V2", (scores, count), (values, indices), "TopKV2Options")
        if kind == "INT8":
            floats = graph.tensor((1, k))
            graph.op("DEQUANTIZE", (values,), (floats,), "DequantizeOptions")
            values = floats
        first = graph.tensor((1,), "INT32", np.array([int(form != "shifted")], np.int32))
        returned = graph.tensor((1, k), "INT32")
        graph.op("ADD", (indices, first), (returned,), "AddOptions")
        outputs = {"scores": values, "items": returned}
        path = tmp_path / f"{form}.tflite"
        path.write_bytes(graph.finish(signature, {"context": context}, outputs))
        return path

    return make
