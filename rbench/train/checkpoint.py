"""Checkpoints: enough to go on with an interrupted training as if nothing had happened."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from rbench.system.arrays import TORN, arrays_in
from rbench.system.writing import write_atomically

FILE = "checkpoint.npz"


class Standing(msgspec.Struct, kw_only=True):
    """Where a training stands after an epoch."""

    history: list[dict[str, float]] = []
    best_epoch: int = 0
    best: dict[str, float] = {}
    """Validation scores of the best epoch."""

    @property
    def epoch(self) -> int:
        """Epochs done."""
        return len(self.history)


Arrays = dict[str, NDArray[Any]]
S = TypeVar("S", bound=msgspec.Struct)


def save(folder: Path, standing: msgspec.Struct, groups: dict[str, Arrays]) -> None:
    """Write a checkpoint atomically: groups of arrays (weights, best weights, optimizer)."""
    buffer = io.BytesIO()
    arrays = {f"{group}:{name}": array for group, g in groups.items() for name, array in g.items()}
    said = np.frombuffer(msgspec.json.encode(standing), np.uint8)
    np.savez(buffer, standing=said, **arrays)  # type: ignore[arg-type]  # as in weights.py
    write_atomically(folder / FILE, buffer.getvalue())


def load(folder: Path, like: dict[str, Arrays]) -> tuple[Standing, dict[str, Arrays]] | None:
    """The checkpoint in a folder, if there is a sound one.

    Args:
        like: groups of the names and shapes that are wanted.
    """
    found = read(folder, Standing)
    return found if found and shapes(found[1]) == shapes(like) else None


def read(folder: Path, kind: type[S]) -> tuple[S, dict[str, Arrays]] | None:
    """What lies in a folder, of whatever shapes.

    A torn or foreign file counts as none: starting over costs time, failing at it would cost the
    training, again at every try.
    """
    groups: dict[str, Arrays] = {}
    try:
        with arrays_in(folder / FILE) as stored:
            standing = msgspec.json.decode(stored["standing"].tobytes(), type=kind)
            for key in stored.files:
                group, colon, name = key.partition(":")
                if colon:
                    groups.setdefault(group, {})[name] = stored[key]
    except TORN:
        return None
    return standing, groups


def shapes(groups: dict[str, Arrays]) -> dict[tuple[str, str], tuple[int, ...]]:
    """(group, name) -> the shape of an array."""
    return {
        (group, name): array.shape
        for group, arrays in groups.items()
        for name, array in arrays.items()
    }
