"""What a training leaves behind."""

from __future__ import annotations

from typing import Any

import msgspec

WEIGHTS = "weights.npz"
"""File in the artefact's folder: Keras weights by name, float32, item table included."""


class Federation(msgspec.Struct, frozen=True, kw_only=True):
    """What a federated training took, and what it is worth to those whose logs it learnt from."""

    rounds: int
    users: int
    """That can learn, each a client in a simulation."""
    nodes: int
    """Of Flower's, that were drawn from: as many as users, or fewer that hold several each."""
    trained: int
    """Updates that came back, over all rounds."""
    failed: int
    """Clients that were drawn and gave none."""
    update_bytes: int
    """Of one update, and of the weights that are sent for it."""
    down_bytes: int
    up_bytes: int
    """Over all rounds and clients."""
    seconds: float
    privacy: dict[str, float] = {}
    """``epsilon``, ``delta``, ``users_wanted``; nothing without noise."""


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
    federation: Federation | None = None
    """Where the logs of users stayed with them; epochs are rounds then."""
