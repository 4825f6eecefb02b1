"""One small world, trained once an encoder, compressed and converted once a recipe."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from rbench import data
from rbench.data.dataset import Dataset
from rbench.data.settings import DataSettings, SyntheticSettings
from rbench.encoding import ModelSettings

SEED = 1


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    settings = SyntheticSettings(users=300, items=150, interactions_per_user=20)
    return data.load(DataSettings(synthetic=settings))


@pytest.fixture(scope="session")
def model_settings() -> ModelSettings:
    """The item table has 2,400 numbers: tf.lite leaves constants under 1,024 in float."""
    return ModelSettings(width=16, length=8, top_k=20)


@pytest.fixture(scope="session")
def compressed(dataset, model_settings, tmp_path_factory) -> Callable[[str], Any]:
    """Encoder's name -> folder with weights after a short training, and with a reference."""
    pytest.importorskip("tensorflow", reason="conversion needs rbench[sweep]")
    from rbench import plugins
    from rbench.cells.recipe import Recipe
    from rbench.compress import CompressSettings, compress
    from rbench.train import TrainSettings, train

    settings = TrainSettings(epochs=4, learning_rate=0.01)

    @cache
    def make(name: str) -> Any:
        folder, encoder = tmp_path_factory.mktemp(name), plugins.encoder(name)
        train(settings, model_settings, dataset, encoder, SEED, folder / "train")
        (folder / "compress").mkdir()
        compress(
            Recipe(),
            CompressSettings(),
            settings,
            model_settings,
            folder / "train",
            dataset,
            encoder,
            SEED,
            folder / "compress",
        )
        return folder / "compress"

    return make


@pytest.fixture(scope="session")
def convert_into(dataset, model_settings, compressed) -> Callable[..., Any]:
    """(encoder's name, recipe, folder) -> FlatModel; the file and its log lie in the folder."""
    from rbench import plugins
    from rbench.cells.recipe import Recipe
    from rbench.convert import ConvertSettings, convert

    def make(name: str, recipe: str, folder: Any, dataset: Dataset = dataset) -> Any:
        return convert(
            Recipe.parse(recipe),
            ConvertSettings(calibration_contexts=40),
            model_settings,
            compressed(name),
            dataset,
            plugins.encoder(name),
            SEED,
            folder,
        )

    return make


@pytest.fixture(scope="session")
def converted(convert_into, compressed, tmp_path_factory) -> Callable[[str, str], Any]:
    """(encoder's name, recipe) -> ``path``, ``result``, and ``contexts`` with Keras ``scores``."""
    from rbench.compress import REFERENCE
    from rbench.convert import MODEL

    @cache
    def make(name: str, recipe: str) -> Any:
        folder = tmp_path_factory.mktemp("converted")
        result = convert_into(name, recipe, folder)
        with np.load(compressed(name) / REFERENCE) as stored:
            contexts, scores = stored["contexts"][:100], stored["scores"][:100]
        return SimpleNamespace(path=folder / MODEL, result=result, contexts=contexts, scores=scores)

    return make


@pytest.fixture(scope="session")
def pack() -> Callable[..., bytes]:
    """(buffers, tensors, operators[, metadata buffers]) -> a .tflite with one subgraph.

    A tensor is (type, buffer[, scale]), an operator (builtin's name, inputs).
    """
    pytest.importorskip("ai_edge_litert", reason="reading a .tflite needs rbench[profile]")
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    def make(buffers: Any, tensors: Any, operators: Any, metadata: Any = ()) -> bytes:
        model, graph = schema.ModelT(), schema.SubGraphT()
        model.version, model.subgraphs = 3, [graph]
        model.buffers, model.operatorCodes, model.metadata = [], [], []
        for content in buffers:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(content, np.uint8) if content else None
            model.buffers.append(buffer)
        graph.tensors, graph.operators = [], []
        for kind, buffer, *scale in tensors:
            tensor = schema.TensorT()
            tensor.type, tensor.buffer = getattr(schema.TensorType, kind), buffer
            tensor.shape, tensor.name = [1], "t"
            if scale:
                tensor.quantization = schema.QuantizationParametersT()
                tensor.quantization.scale, tensor.quantization.zeroPoint = scale, [0]
            graph.tensors.append(tensor)
        for name, inputs in operators:
            code, operator = schema.OperatorCodeT(), schema.OperatorT()
            code.builtinCode = getattr(schema.BuiltinOperator, name)
            code.deprecatedBuiltinCode = min(code.builtinCode, 127)
            operator.opcodeIndex, operator.inputs = len(model.operatorCodes), list(inputs)
            operator.outputs = []
            model.operatorCodes.append(code)
            graph.operators.append(operator)
        for buffer in metadata:
            entry = schema.MetadataT()
            entry.name, entry.buffer = "m", buffer
            model.metadata.append(entry)
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    return make
