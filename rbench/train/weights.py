"""Weights on disk: one npz, names as `rbench.graph.model.get_weights` gives them."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rbench.errors import StageError
from rbench.system.arrays import TORN, arrays_in
from rbench.system.writing import write_atomically
from rbench.train.result import WEIGHTS


def save_weights(folder: Path, weights: Mapping[str, NDArray[np.float32]]) -> None:
    """Write them into an artefact's folder."""
    buffer = io.BytesIO()
    np.savez(buffer, **dict(weights))  # type: ignore[arg-type]  # numpy's stub takes no mapping
    write_atomically(folder / WEIGHTS, buffer.getvalue())


def load_weights(folder: Path) -> dict[str, NDArray[np.float32]]:
    """Read them from an artefact's folder.

    Raises:
        StageError: they are missing or torn.
    """
    try:
        with arrays_in(folder / WEIGHTS) as stored:
            return {name: stored[name] for name in stored.files}
    except TORN as error:
        raise StageError(
            f"the weights cannot be read: {error}",
            where=str(folder / WEIGHTS),
            remedy=f"delete {folder}: it will be made again",
        ) from error
