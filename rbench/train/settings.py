"""How encoders are trained."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

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
    """Adam's step size; under a schedule, the largest."""
    schedule: Literal["constant", "cosine"] = "constant"
    """How the step size goes on after the warm-up: as it is, or down to 2 % at the last of
    ``epochs``, in half a cosine."""
    warmup_steps: Annotated[int, Range(0, 10**9)] = 0
    """Steps in which the step size grows evenly from zero to ``learning_rate``."""
    beta_2: Annotated[float, Range(0.0, 0.999999)] = 0.98
    """Adam's decay of the second moment."""
    loss: str = "softmax"
    """What a step minimizes: a name from ``rbench list losses``, or ``path/to/file.py:Class``."""
    loss_options: dict[str, Any] = msgspec.field(default_factory=dict)
    """Options of the loss, by their names."""
    dropout: Annotated[float, Range(0.0, 0.99)] = 0.2
    """Dropout of the embeddings. Encoders have options of their own."""
    hide_history: bool = False
    """Whether the loss leaves out what the user has had by then, before the window too, as a
    ranking does that filters the history; never the item that comes next."""
    validation_users: Annotated[int, Range(1, 10**9)] = 10_000
    """At most this many users, drawn once by the seed, score each epoch."""
