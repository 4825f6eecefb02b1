"""Tiny .tflite files, built op by op without TensorFlow, and rounds without a stopwatch."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from rbench.profile import ProfileSettings, Round
from rbench.profile import samples as files
from rbench.profile.result import Stopwatch, Surroundings
from rbench.records import Delegation

LENGTH, ITEMS, WIDTH, K = 8, 300, 16, 10

Builder = Callable[[Any, Any], dict[str, int]]


class Graph:
    """One subgraph in the making. Tensors are numbers, as in the file."""

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

    def tensor(self, shape: list[int], kind: str, data: Any = None, variable: bool = False) -> int:
        made = self.schema.TensorT()
        made.name, made.shape = f"t{len(self.graph.tensors)}", shape
        made.type, made.isVariable = getattr(self.schema.TensorType, kind), variable
        if data is not None:
            buffer = self.schema.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
            self.model.buffers.append(buffer)
            made.buffer = len(self.model.buffers) - 1
        self.graph.tensors.append(made)
        return len(self.graph.tensors) - 1

    def op(self, name: str, inputs: list[int], outputs: list[int], options: Any = None) -> None:
        code = getattr(self.schema.BuiltinOperator, name)
        known = [entry.builtinCode for entry in self.model.operatorCodes]
        if code not in known:
            entry = self.schema.OperatorCodeT()
            entry.builtinCode, entry.deprecatedBuiltinCode, entry.version = code, min(code, 127), 1
            self.model.operatorCodes.append(entry)
            known.append(code)
        made = self.schema.OperatorT()
        made.opcodeIndex, made.inputs, made.outputs = known.index(code), inputs, outputs
        if options is not None:
            made.builtinOptions = options
            kind = type(options).__name__.removesuffix("T")
            made.builtinOptionsType = getattr(self.schema.BuiltinOptions, kind)
        self.graph.operators.append(made)

    def finish(self, context: int, outputs: dict[str, int]) -> bytes:
        import flatbuffers

        self.graph.inputs, self.graph.outputs = [context], list(outputs.values())
        signature = self.schema.SignatureDefT()
        signature.signatureKey, signature.subgraphIndex = "recommend", 0
        signature.inputs = [self._named("context", context)]
        signature.outputs = [self._named(name, tensor) for name, tensor in outputs.items()]
        self.model.signatureDefs = [signature]
        builder = flatbuffers.Builder(1024)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def _named(self, name: str, tensor: int) -> Any:
        made = self.schema.TensorMapT()
        made.name, made.tensorIndex = name, tensor
        return made


def recommender() -> bytes:
    """RESHAPE, GATHER, MEAN, FULLY_CONNECTED with the same table, TOPK_V2."""
    graph = Graph()
    schema = graph.schema
    context = graph.tensor([1, LENGTH], "INT32")
    flat = graph.tensor([LENGTH], "INT32")
    shape = graph.tensor([1], "INT32", np.array([LENGTH], np.int32))
    reshape = schema.ReshapeOptionsT()
    reshape.newShape = [LENGTH]
    graph.op("RESHAPE", [context, shape], [flat], reshape)
    values = np.random.default_rng(0).normal(size=(ITEMS, WIDTH)).astype(np.float32)
    table = graph.tensor([ITEMS, WIDTH], "FLOAT32", values)
    looked_up = graph.tensor([LENGTH, WIDTH], "FLOAT32")
    graph.op("GATHER", [table, flat], [looked_up], schema.GatherOptionsT())
    axis = graph.tensor([1], "INT32", np.array([0], np.int32))
    mean = graph.tensor([1, WIDTH], "FLOAT32")
    keep = schema.ReducerOptionsT()
    keep.keepDims = True
    graph.op("MEAN", [looked_up, axis], [mean], keep)
    scored = graph.tensor([1, ITEMS], "FLOAT32")
    graph.op("FULLY_CONNECTED", [mean, table, -1], [scored], schema.FullyConnectedOptionsT())
    return graph.finish(context, _top(graph, scored))


def shifted() -> bytes:
    """SUB, MAXIMUM, GATHER as converters write it, a second GATHER by ids in a smaller table."""
    graph = Graph()
    schema = graph.schema
    context = graph.tensor([1, LENGTH], "INT32")
    one = graph.tensor([], "INT32", np.array(1, np.int32))
    zero = graph.tensor([], "INT32", np.array(0, np.int32))
    lower, kept, few = (graph.tensor([1, LENGTH], "INT32") for _ in range(3))
    graph.op("SUB", [context, one], [lower], schema.SubOptionsT())
    graph.op("MAXIMUM", [lower, zero], [kept], schema.MaximumMinimumOptionsT())
    graph.op("MINIMUM", [kept, one], [few], schema.MaximumMinimumOptionsT())
    rng = np.random.default_rng(0)
    found = []
    for ids, rows in ((kept, ITEMS), (few, 2)):
        values = rng.normal(size=(rows, WIDTH)).astype(np.float32)
        table = graph.tensor([rows, WIDTH], "FLOAT32", values)
        found.append(graph.tensor([1, LENGTH, WIDTH], "FLOAT32"))
        graph.op("GATHER", [table, ids], [found[-1]], schema.GatherOptionsT())
    both = graph.tensor([1, LENGTH, WIDTH], "FLOAT32")
    graph.op("ADD", found, [both], schema.AddOptionsT())
    axes = graph.tensor([2], "INT32", np.array([1, 2], np.int32))
    mean = graph.tensor([1], "FLOAT32")
    graph.op("MEAN", [both, axes], [mean], schema.ReducerOptionsT())
    return graph.finish(context, {"scores": mean})


def lookup_only() -> bytes:
    """CAST and TOPK_V2: nothing that XNNPACK takes."""
    graph = Graph()
    context = graph.tensor([1, LENGTH], "INT32")
    scored = graph.tensor([1, LENGTH], "FLOAT32")
    graph.op("CAST", [context], [scored])
    return graph.finish(context, _top(graph, scored, k=2))


def two_islands() -> bytes:
    """CAST, ADD, CUMSUM, MUL, TOPK_V2: what XNNPACK takes lies in two pieces."""
    graph = Graph()
    schema = graph.schema
    context = graph.tensor([1, LENGTH], "INT32")
    made = [graph.tensor([1, LENGTH], "FLOAT32") for _ in range(4)]
    graph.op("CAST", [context], [made[0]])
    graph.op("ADD", [made[0], made[0]], [made[1]], schema.AddOptionsT())
    axis = graph.tensor([], "INT32", np.array(1, np.int32))
    graph.op("CUMSUM", [made[1], axis], [made[2]], schema.CumsumOptionsT())
    graph.op("MUL", [made[2], made[1]], [made[3]], schema.MulOptionsT())
    return graph.finish(context, _top(graph, made[3], k=2))


def half() -> bytes:
    """CAST, DEQUANTIZE of float16 weights, FULLY_CONNECTED, TOPK_V2."""
    graph = Graph()
    context = graph.tensor([1, LENGTH], "INT32")
    read = graph.tensor([1, LENGTH], "FLOAT32")
    graph.op("CAST", [context], [read])
    values = np.random.default_rng(0).normal(size=(ITEMS, LENGTH)).astype(np.float16)
    packed = graph.tensor([ITEMS, LENGTH], "FLOAT16", values)
    table = graph.tensor([ITEMS, LENGTH], "FLOAT32")
    graph.op("DEQUANTIZE", [packed], [table], graph.schema.DequantizeOptionsT())
    scored = graph.tensor([1, ITEMS], "FLOAT32")
    options = graph.schema.FullyConnectedOptionsT()
    graph.op("FULLY_CONNECTED", [read, table, -1], [scored], options)
    return graph.finish(context, _top(graph, scored))


def stateful() -> bytes:
    """CAST and RNN, whose hidden state is a variable that survives a run."""
    graph = Graph()
    schema = graph.schema
    context = graph.tensor([1, LENGTH], "INT32")
    read = graph.tensor([1, LENGTH], "FLOAT32")
    graph.op("CAST", [context], [read])
    rng = np.random.default_rng(0)

    def weights(*shape: int) -> int:
        values = rng.normal(scale=0.01, size=shape).astype(np.float32)
        return graph.tensor(list(shape), "FLOAT32", values)

    state = graph.tensor([1, WIDTH], "FLOAT32", variable=True)
    out = graph.tensor([1, WIDTH], "FLOAT32")
    options = schema.RNNOptionsT()
    options.fusedActivationFunction = schema.ActivationFunctionType.TANH
    inputs = [read, weights(WIDTH, LENGTH), weights(WIDTH, WIDTH), weights(WIDTH), state]
    graph.op("RNN", inputs, [out], options)
    return graph.finish(context, _top(graph, out, k=2))


def _top(graph: Graph, scored: int, k: int = K) -> dict[str, int]:
    count = graph.tensor([], "INT32", np.array(k, np.int32))
    scores, items = graph.tensor([1, k], "FLOAT32"), graph.tensor([1, k], "INT32")
    graph.op("TOPK_V2", [scored, count], [scores, items], graph.schema.TopKV2OptionsT())
    return {"items": items, "scores": scores}


MODELS = {
    made.__name__: made for made in (recommender, shifted, lookup_only, two_islands, half, stateful)
}


@pytest.fixture
def model(tmp_path: Path) -> Callable[[str], Path]:
    """A model file by its name in `MODELS`."""
    pytest.importorskip("ai_edge_litert")

    def build(name: str) -> Path:
        path = tmp_path / f"{name}.tflite"
        path.write_bytes(MODELS[name]())
        return path

    return build


@pytest.fixture
def contexts(tmp_path: Path) -> Path:
    """32 contexts whose ids are all in the table."""
    path = tmp_path / "contexts.npy"
    ids = np.random.default_rng(1).integers(1, ITEMS, (32, LENGTH)).astype(np.int32)
    np.save(path, ids)
    return path


@pytest.fixture
def quick() -> ProfileSettings:
    """A protocol of milliseconds."""
    return ProfileSettings(
        rounds=2,
        min_runs=100,
        min_seconds=0.01,
        warmup_runs=5,
        warmup_seconds=0.001,
        timeout_seconds=60,
    )


@pytest.fixture
def make_round(tmp_path: Path) -> Callable[..., Path]:
    """A round's folder with the given samples in nanoseconds; facts can be changed by name."""

    def make(number: int, samples_ns: Any, /, **facts: Any) -> Path:
        folder = tmp_path / f"round-{number}"
        folder.mkdir()
        column = np.asarray(samples_ns, dtype=np.uint32)
        files.write(folder, column)
        said: dict[str, Any] = {
            "number": number,
            "runs": len(column),
            "warmup_runs": 50,
            "median_us": float(np.median(column)) / 1000 if len(column) else 0.0,
            "load_us": 500.0,
            "first_us": 30.0,
            "peak_memory_bytes": 1_000_000,
            "memory_source": "VmHWM, reset before loading",
            "delegation": Delegation(
                delegate="cpu", nodes_total=5, nodes_delegated=0, partitions=0
            ),
            "subgraphs": 1,
            "contexts": 32,
            "offset": 0,
            "runtime": "ai-edge-litert 2.3.0",
            "stopwatch": Stopwatch(tick_ns=1, clock_overhead_ns=36, call_overhead_ns=140),
            "surroundings": Surroundings(cores=2, others_cores=0.1, stolen_share=0.0),
        }
        made = Round(**{**said, **facts})
        (folder / "result.json").write_bytes(msgspec.json.encode(made))
        return folder

    return make
