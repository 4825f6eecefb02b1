"""How encoders are trained."""

from __future__ import annotations

import msgspec


class TrainSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One recipe of training for all encoders of a study."""

    epochs: int = 60
    """At most this many passes over the data."""
    patience: int = 6
    """Epochs without a better validation NDCG@10 after which training stops."""
    batch_size: int = 32
    """Windows in a step."""
    learning_rate: float = 1e-3
    """Adam's step size."""
    beta_2: float = 0.98
    """Adam's decay of the second moment."""
    dropout: float = 0.2
    """Dropout of the embeddings. Encoders have options of their own."""
    validation_users: int = 10_000
    """At most this many users, drawn once by the seed, score each epoch."""
