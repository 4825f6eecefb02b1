"""How encoders are trained."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from rbench.bounds import Bounded, Range

AUTO: Literal["auto"] = "auto"
"""A setting that the log and the model decide, see `rbench.train.rules`."""
BY_CATALOGUE = ("softmax", "sampled_softmax")
"""What ``loss`` may come to where it is ``auto``: for small catalogues, and for large ones."""


class TrainSettings(Bounded, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One recipe of training for all encoders of a study.

    What is ``auto`` follows from the size of the log and of the model: `rbench.train.rules`, argued
    in docs/training.md. Records name what came of it.
    """

    epochs: Annotated[int, Range(1, 100_000)] = 30
    """At most this many passes over the data. Under a cosine it is the budget: the schedule ends
    with the last one."""
    patience: Annotated[int | Literal["auto"], Range(1, 100_000)] = AUTO
    """Epochs without a better validation NDCG@10 after which training stops; ``auto``: 6 at a
    constant step size, and none under a cosine, which gains most at its end."""
    batch_size: Annotated[int | Literal["auto"], Range(1, 1_000_000)] = AUTO
    """Windows in a step; ``auto``: about 3,000 targets, from 32 to 128 windows."""
    window: Annotated[int | Literal["auto"], Range(1, 10_000)] = AUTO
    """Items in a window of training. Only encoders that are `rbench.encoding.Encoder.any_length`
    may see more than the file's ``[model] length``."""
    start: Literal["random", "counts"] = "random"
    """What the item table knows before the first step: nothing, or which items follow each other,
    which helps on small logs."""
    learning_rate: Annotated[float | Literal["auto"], Range(0.0, 10.0)] = AUTO
    """Adam's step size; under a schedule, the largest. ``auto``: by width."""
    schedule: Literal["constant", "cosine"] = "cosine"
    """How the step size goes on after the warm-up: as it is, or down to 2 % at the last of
    ``epochs``, in half a cosine."""
    warmup_steps: Annotated[int | Literal["auto"], Range(0, 10**9)] = AUTO
    """Steps in which the step size grows evenly from zero to ``learning_rate``; ``auto``: 300, or a
    tenth of all steps where that is less."""
    beta_2: Annotated[float, Range(0.0, 0.999999)] = 0.98
    """Adam's decay of the second moment."""
    loss: str = AUTO
    """What a step minimizes: a name from ``rbench list losses``, or ``path/to/file.py:Class``;
    ``auto``: ``softmax``, and ``sampled_softmax`` for large catalogues."""
    loss_options: dict[str, Any] = msgspec.field(default_factory=dict)
    """Options of the loss, by their names."""
    dropout: Annotated[float | Literal["auto"], Range(0.0, 0.99)] = AUTO
    """Dropout of the embeddings and, where they have no option of their own, within encoders;
    ``auto``: by width and size of the log."""
    hide_history: bool | Literal["auto"] = AUTO
    """Whether the loss leaves out what the user has had by then, before the window too, as a
    ranking does that filters the history; never the item that comes next. ``auto``: as the ranking
    does."""
    validation_users: Annotated[int, Range(1, 10**9)] = 10_000
    """At most this many users, drawn once by the seed, score each epoch."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.loss == AUTO and self.loss_options:
            raise ValueError("loss_options are options of a loss that loss names, and it is auto")
