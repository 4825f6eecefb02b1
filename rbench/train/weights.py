"""Weights on disk: one npz, names as `rbench.model.get_weights` gives them."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rbench.records import write_atomically
from rbench.train.result import WEIGHTS


def save_weights(folder: Path, weights: Mapping[str, NDArray[np.float32]]) -> None:
    """Write them into an artefact's folder."""
    buffer = io.BytesIO()
    np.savez(buffer, **dict(weights))  # type: ignore[arg-type]  # numpy's stub takes no mapping
    write_atomically(folder / WEIGHTS, buffer.getvalue())


def load_weights(folder: Path) -> dict[str, NDArray[np.float32]]:
    """Read them from an artefact's folder."""
    with np.load(folder / WEIGHTS) as stored:
        return {name: stored[name] for name in stored.files}
