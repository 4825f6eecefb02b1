"""One small world: every encoder's training once, every compression of it once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from rbench import data
from rbench.data.settings import DataSettings, SyntheticSettings
from rbench.encoding import ModelSettings

SEED = 1
LEAN: dict[str, dict[str, Any]] = {"attention": {"blocks": 1}, "cnn": {"dilations": [1, 2]}}
"""Less of the same: what a recipe does to one block it does to the next."""


@pytest.fixture(scope="session")
def world() -> Any:
    settings = SyntheticSettings(users=80, items=150, interactions_per_user=12)
    return data.load(DataSettings(synthetic=settings))


@pytest.fixture(scope="session")
def shape() -> ModelSettings:
    """The item table has 2,400 numbers: tf.lite leaves constants under 1,024 in float."""
    return ModelSettings(width=16, length=6, top_k=20)


@pytest.fixture(scope="session")
def table_shape(world, shape) -> tuple[int, int]:
    """Of the item table in a file."""
    return world.items, shape.width


@pytest.fixture(scope="session")
def tuned(world, shape, tmp_path_factory) -> Callable[[str, str], Any]:
    """(encoder's name, recipe) -> ``folder`` and ``result`` of a compression of few steps."""
    pytest.importorskip("tensorflow_model_optimization", reason="needs rbench[sweep]")
    from rbench import plugins
    from rbench.cells.recipe import Recipe
    from rbench.compress import CompressSettings, compress
    from rbench.train import TrainSettings, train

    settings = TrainSettings(epochs=1, learning_rate=0.01)

    @cache
    def trained(name: str) -> Any:
        folder = tmp_path_factory.mktemp(name)
        train(settings, shape, world, plugins.encoder(name, LEAN.get(name, {})), SEED, folder)
        return folder

    def make(name: str, recipe: str) -> Any:
        folder = tmp_path_factory.mktemp("compressed")
        result = compress(
            Recipe.parse(recipe),
            CompressSettings(epochs=2, qat_learning_rate=1e-3),  # two epochs have to show
            settings,
            shape,
            trained(name),
            world,
            plugins.encoder(name, LEAN.get(name, {})),
            SEED,
            folder,
        )
        return SimpleNamespace(folder=folder, result=result, trained=trained(name))

    made: dict[tuple[str, str], Any] = {}

    def tune(name: str, recipe: str, *, again: bool = False) -> Any:
        key = name, Recipe.parse(recipe).compression  # as in a sweep's store
        if again:
            return make(name, recipe)
        if key not in made:
            made[key] = make(name, recipe)
        return made[key]

    return tune


@pytest.fixture(scope="session")
def flat(world, shape, tuned, tmp_path_factory) -> Callable[[str, str], Any]:
    """(encoder's name, recipe) -> ``tensors``, ``path`` and ``result`` of the real file."""
    from rbench import plugins
    from rbench.cells.recipe import Recipe
    from rbench.convert import MODEL, ConvertSettings, convert

    @cache
    def make(name: str, recipe: str) -> Any:
        folder = tmp_path_factory.mktemp("converted")
        made = tuned(name, recipe)
        result = convert(
            Recipe.parse(recipe),
            ConvertSettings(calibration_contexts=20),
            shape,
            made.folder,
            world,
            plugins.encoder(name, LEAN.get(name, {})),
            SEED,
            folder,
        )
        path = folder / MODEL
        tensors = matrices(path.read_bytes())
        return SimpleNamespace(path=path, result=result, tensors=tensors, made=made)

    return make


def matrices(content: bytes) -> dict[str, Any]:
    """Name -> float constants of two and more axes, of more than one row: what compression is for.

    An array's first axes are outputs, its last one inputs; of quantized numbers the steps from
    zero.
    """
    from rbench.convert.flatbuffer import parse, values
    from rbench.convert.inventory import numbers_of

    model = parse(content)
    found = {}
    for tensor in model.subgraphs[0].tensors:
        data = values(model, tensor)
        shape = () if tensor.shape is None else tuple(int(size) for size in tensor.shape)
        if tensor.name.endswith(b"/depthwise"):
            continue  # curves over age, a few numbers that are left alone
        if data is not None and len(shape) > 1 and shape[-1] > 1 and np.prod(shape) >= 64:
            numbers = numbers_of(tensor, data)
            known = tensor.quantization
            point = 0 if known is None or known.zeroPoint is None else int(known.zeroPoint[0])
            found[tensor.name.decode()] = numbers.reshape(shape).astype(np.float64) - point
    return found
