"""What a training leaves behind."""

from __future__ import annotations

from typing import Any

import msgspec

WEIGHTS = "weights.npz"
"""File in the artefact's folder: Keras weights by name, float32, item table included."""


class Trained(msgspec.Struct, frozen=True, kw_only=True):
    """A finished training. The weights lie beside it, in `WEIGHTS`."""

    seed: int
    epochs: int
    """Epochs run."""
    best_epoch: int
    """The epoch whose weights were kept, from 1."""
    validation: dict[str, float]
    """Validation scores of the kept weights: ``ndcg@10``, ``recall@10``."""
    history: tuple[dict[str, float], ...]
    """Per epoch: ``loss``, ``ndcg@10``, ``seconds``."""
    parameters: int
    """Trained numbers, the item table included."""
    settings: dict[str, Any] = {}
    """`rbench.train.rules.Resolved`: what it was trained with, nothing left ``auto``."""
