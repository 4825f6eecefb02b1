"""Where a federated training stands: kept by the server after every round, so that a run that was
killed goes on with the next one.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from rbench.graph.model import Weights
from rbench.system.writing import write_atomically
from rbench.train import checkpoint

PROGRESS, FAULT = "progress.json", "fault.txt"
"""Beside the checkpoint: how far it is, for whoever waits; and why the server gave up."""


class Standing(msgspec.Struct, kw_only=True):
    """After a round."""

    round: int = 0
    """Rounds done."""
    rounds: int = 0
    """Of how many."""
    nodes: int = 0
    """That took part in the drawing."""
    history: list[dict[str, float]] = []
    """Of the rounds that were looked at: ``round``, ``loss``, ``ndcg@10``, ``seconds``."""
    validation: dict[str, float] = {}
    """Scores of the last look."""
    down_bytes: int = 0
    up_bytes: int = 0
    """Of arrays, to and from all clients so far."""
    trained: int = 0
    """Updates that came back so far."""
    failed: int = 0
    """Clients that were drawn and gave none."""
    seconds: float = 0.0
    """Spent in rounds so far, over all tries."""


Groups = dict[str, dict[str, NDArray[Any]]]
"""``weights``, and what the server's optimizer remembers."""


def keep(folder: Path, standing: Standing, groups: Groups) -> None:
    """Write both, whole or not at all."""
    checkpoint.save(folder, standing, groups)
    tell(folder, standing)


def tell(folder: Path, standing: Standing) -> None:
    """Write how far it is."""
    write_atomically(folder / PROGRESS, msgspec.json.encode(standing))


def told(folder: Path) -> Standing | None:
    """How far it is; None before the first word."""
    try:
        return msgspec.json.decode((folder / PROGRESS).read_bytes(), type=Standing)
    except (OSError, msgspec.MsgspecError):
        return None


def last(folder: Path, like: Weights) -> tuple[Standing, Groups]:
    """The last round's, or the beginning with these weights."""
    found = checkpoint.read(folder, Standing)
    if found:
        standing, groups = found
        weights = {"weights": groups.get("weights", {})}
        if checkpoint.shapes(weights) == checkpoint.shapes({"weights": like}):
            return standing, groups
    return Standing(), {"weights": dict(like)}


def finite(weights: Weights) -> bool:
    """Whether all of them are numbers."""
    return all(np.isfinite(one).all() for one in weights.values())


class Clock:
    """Seconds since the last question."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def passed(self) -> float:
        """Since it was asked before, or made."""
        now = time.monotonic()
        since, self._last = now - self._last, now
        return since
