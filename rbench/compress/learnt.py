"""The model as training left it: with fake quantization, where training learnt ranges."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rbench.cells.recipe import Recipe
from rbench.compress.places import Floats
from rbench.compress.result import RANGES
from rbench.data.dataset import Dataset
from rbench.errors import StageError
from rbench.features import Feature, Features
from rbench.graph.model import ITEM_TABLE
from rbench.recipes.compression import left_by
from rbench.system.arrays import TORN, arrays_in
from rbench.system.writing import write_atomically
from rbench.train import cut

SCORES = "scores"
"""The layer of `rbench.graph.model.scoring_model` that training does not have."""
LOOKED_UP = "embeddings"
"""The layer that hands on the rows of the item table."""
MEASURED = 512
"""Training contexts on which the range of the scores is measured."""


def save_ranges(
    folder: Path, recipe: Recipe, model: Any, ranges: dict[str, Floats], contexts: Features
) -> None:
    """Write learnt ranges, and two more. That of the scores is measured on training contexts: the
    loss of training multiplies with the table outside of the network. What is looked up has the
    table's own scale, 127 steps either way; a range without the lowest integer has no other form.
    """
    largest = np.abs(model.get_layer(ITEM_TABLE).get_weights()[0]).max()
    ranges = {**ranges, LOOKED_UP: np.array([-largest * 128 / 127, largest], np.float32)}
    found = _with_ranges(model, recipe, ranges).predict(contexts.arrays, batch_size=128, verbose=0)
    ends = np.array([min(found.min(), 0.0), max(found.max(), 0.0)], np.float32)
    buffer = io.BytesIO()
    np.savez(buffer, **ranges, **{SCORES: ends})  # type: ignore[arg-type]  # numpy's stub
    write_atomically(folder / RANGES, buffer.getvalue())


def load_ranges(folder: Path) -> dict[str, Floats]:
    """The learnt ranges of an artefact; none where there are none.

    Raises:
        StageError: they cannot be read.
    """
    try:
        with arrays_in(folder / RANGES) as stored:
            return {name: stored[name] for name in stored.files}
    except FileNotFoundError:
        return {}
    except TORN as error:
        raise StageError(
            f"the ranges cannot be read: {error}",
            where=str(folder / RANGES),
            remedy=f"delete {folder}: it will be made again",
        ) from error


def as_trained(model: Any, folder: Path, recipe: Recipe) -> tuple[Any, bool]:
    """A scoring model with the weights of an artefact, as the file should reproduce it.

    Args:
        model: `rbench.graph.model.scoring_model` with the artefact's weights in it; taken over.
        folder: of the artefact.

    Returns:
        The model, and whether the ranges of its activations are in it, as fake quantization: then
        a converter takes them and has nothing to calibrate.
    """
    ranges = load_ranges(folder)
    return (_with_ranges(model, recipe, ranges), True) if ranges else (model, False)


def measuring_contexts(dataset: Dataset, length: int, features: Sequence[Feature] = ()) -> Features:
    """Contexts of training, and what stands beside them."""
    return cut(dataset.train, length, features, dataset.columns).inputs[:MEASURED]


def _with_ranges(model: Any, recipe: Recipe, ranges: dict[str, Floats]) -> Any:
    from rbench.compress.quantization import OnGrid, refresh, scaled_by_output, wrapped

    grid = recipe.scheme.grid
    if grid is None:
        raise StageError(f"{recipe.scheme.name} has no grid whose ranges could have been learnt")
    by_output = scaled_by_output(True, *left_by(recipe.compressions))
    model = wrapped(model, grid.weights, True, by_output, OnGrid, ranges)
    refresh(model)
    return model
