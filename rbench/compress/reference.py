"""The Keras model's own scores for a few real contexts: what parity is measured against."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np

from rbench.compress.result import REFERENCE
from rbench.data.dataset import Dataset
from rbench.system.writing import write_atomically

MAX_CONTEXTS = 512
"""Contexts kept; a study's ``parity_contexts`` takes the first of them."""


def save_reference(folder: Path, model: Any, dataset: Dataset, length: int, seed: int) -> None:
    """Write int32 ``contexts`` (n, length) and float32 ``scores`` (n, items).

    Args:
        model: a Keras model from contexts to scores, as drawn by
            `rbench.graph.model.scoring_model`.
        seed: draws the test users.
    """
    users = len(dataset.test.targets)
    drawn = np.random.default_rng(seed).permutation(users)[:MAX_CONTEXTS]
    contexts = np.ascontiguousarray(dataset.test.contexts(length)[drawn])
    scores = np.zeros((0, dataset.items), np.float32)
    if len(contexts):
        scores = np.asarray(model.predict(contexts, batch_size=128, verbose=0))
    buffer = io.BytesIO()
    np.savez(buffer, contexts=contexts, scores=scores)
    write_atomically(folder / REFERENCE, buffer.getvalue())
