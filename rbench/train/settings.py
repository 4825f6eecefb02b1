"""How encoders are trained."""

from __future__ import annotations

from typing import Annotated

from rbench.bounds import Bounded, Range


class TrainSettings(Bounded, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One recipe of training for all encoders of a study."""

    epochs: Annotated[int, Range(1, 100_000)] = 60
    """At most this many passes over the data."""
    patience: Annotated[int, Range(1, 100_000)] = 6
    """Epochs without a better validation NDCG@10 after which training stops."""
    batch_size: Annotated[int, Range(1, 1_000_000)] = 32
    """Windows in a step."""
    learning_rate: Annotated[float, Range(0.0, 10.0)] = 1e-3
    """Adam's step size."""
    beta_2: Annotated[float, Range(0.0, 0.999999)] = 0.98
    """Adam's decay of the second moment."""
    dropout: Annotated[float, Range(0.0, 0.99)] = 0.2
    """Dropout of the embeddings. Encoders have options of their own."""
    validation_users: Annotated[int, Range(1, 10**9)] = 10_000
    """At most this many users, drawn once by the seed, score each epoch."""
