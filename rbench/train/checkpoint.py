"""Checkpoints: enough to go on with an interrupted training as if nothing had happened."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from rbench.records import write_atomically

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


def save(folder: Path, standing: Standing, groups: dict[str, Arrays]) -> None:
    """Write a checkpoint atomically: groups of arrays (weights, best weights, optimizer)."""
    buffer = io.BytesIO()
    arrays = {f"{group}:{name}": array for group, g in groups.items() for name, array in g.items()}
    said = np.frombuffer(msgspec.json.encode(standing), np.uint8)
    np.savez(buffer, standing=said, **arrays)
    write_atomically(folder / FILE, buffer.getvalue())


def load(folder: Path) -> tuple[Standing, dict[str, Arrays]] | None:
    """The checkpoint in a folder, if there is one."""
    path = folder / FILE
    if not path.is_file():
        return None
    groups: dict[str, Arrays] = {}
    with np.load(path) as stored:
        standing = msgspec.json.decode(stored["standing"].tobytes(), type=Standing)
        for key in stored.files:
            group, colon, name = key.partition(":")
            if colon:
                groups.setdefault(group, {})[name] = stored[key]
    return standing, groups
