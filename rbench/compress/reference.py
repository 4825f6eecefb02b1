"""The Keras model's own scores for a few real contexts: what parity is measured against."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbench.compress.result import GIVEN, REFERENCE
from rbench.data.dataset import Dataset
from rbench.features import CONTEXT, Feature, Features
from rbench.system.writing import write_atomically

MAX_CONTEXTS = 512
"""Contexts kept; a study's ``parity_contexts`` takes the first of them."""


def named(contexts: Features) -> dict[str, NDArray[Any]]:
    """Inputs as the file holds them."""
    return {
        "contexts" if name == CONTEXT else f"{GIVEN}{name}": array
        for name, array in contexts.arrays.items()
    }


def save_reference(
    folder: Path,
    model: Any,
    dataset: Dataset,
    length: int,
    seed: int,
    features: Sequence[Feature] = (),
) -> None:
    """Write int32 ``contexts`` (n, length), ``given_NAME`` for each further input, and float32
    ``scores`` (n, items).

    Args:
        model: a Keras model from contexts to scores, as drawn by
            `rbench.graph.model.scoring_model`.
        seed: draws the test users.
    """
    users = len(dataset.test.targets)
    drawn = np.random.default_rng(seed).permutation(users)[:MAX_CONTEXTS]
    contexts = dataset.test.features(length, features)[drawn]
    scores = np.zeros((0, dataset.items), np.float32)
    if len(contexts):
        scores = np.asarray(model.predict(contexts.arrays, batch_size=128, verbose=0))
    buffer = io.BytesIO()
    np.savez(buffer, **named(contexts), scores=scores)  # type: ignore[arg-type]  # numpy's stub
    write_atomically(folder / REFERENCE, buffer.getvalue())
