"""What ``auto`` means in ``[train]``: settings by the size of the log and of the model.

The rules are few and plain, because few logs stand behind them: docs/training.md.
"""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np

from rbench.data.dataset import Dataset
from rbench.encoding import Encoder, ModelSettings
from rbench.errors import StageError
from rbench.records.history import FilterHistory, history
from rbench.train.settings import AUTO, BY_CATALOGUE, TrainSettings
from rbench.train.windows import count

SMALL_LOG, LARGE_LOG = 100_000, 300_000
"""Training interactions up to which, and from which on, dropout stays as it is."""
LARGE_CATALOGUE = 20_000
"""Items up to which the full softmax is affordable."""
LONGEST_WINDOW, LONGEST_LOOP = 200, 100
"""Items in a window; of an encoder that runs step by step."""
FEWEST_WINDOWS, MOST_WINDOWS, TARGETS = 32, 128, 3000
"""Of a step."""
WARMUP = 300
PATIENCE = 6


class Resolved(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one training, with nothing left to decide. Fields as in `TrainSettings`."""

    epochs: int
    patience: int
    batch_size: int
    window: int
    start: str
    learning_rate: float
    schedule: str
    warmup_steps: int
    beta_2: float
    loss: str
    loss_options: dict[str, Any]
    dropout: float
    hide_history: bool
    validation_users: int

    def shape(self, model: ModelSettings) -> ModelSettings:
        """The model's shape while it is trained: windows may be longer than the file's contexts, or
        shorter where nobody has so many items.
        """
        return msgspec.structs.replace(model, length=self.window)


def resolve(
    settings: TrainSettings,
    model: ModelSettings,
    encoder: Encoder,
    dataset: Dataset,
    filter_history: FilterHistory = "auto",
) -> Resolved:
    """Decide what a study left open.

    Raises:
        StageError: ``window`` does not suit the encoder.
    """
    said = {
        name: value for name, value in msgspec.structs.asdict(settings).items() if value != AUTO
    }
    window = said.get("window") or _window(model, encoder, dataset)
    if window != model.length and not encoder.any_length:
        raise StageError(
            f"window is {window}, and the weights of {type(encoder).__name__} are for contexts of "
            f"{model.length} items",
            allowed=f"{model.length}, the study's [model] length",
            remedy="leave out window in the study's [train], or set it for other encoders alone",
        )
    if "window" in said and window < model.length:
        raise StageError(
            f"window is {window}, fewer than the file's contexts have",
            allowed=f"from {model.length}, the study's [model] length",
        )
    windows, targets = count(dataset.train, window), len(dataset.train.values) - len(dataset.train)
    batch_size = said.get("batch_size") or batch_size_of(targets / max(1, windows))
    steps = settings.epochs * -(-windows // batch_size)
    cosine = settings.schedule == "cosine"
    decided = {
        "patience": settings.epochs if cosine else PATIENCE,
        "batch_size": batch_size,
        "window": window,
        "learning_rate": learning_rate_of(model.width),
        "warmup_steps": min(WARMUP, steps // 10) if cosine else 0,
        "loss": BY_CATALOGUE[dataset.items > LARGE_CATALOGUE],
        "dropout": dropout_of(model.width, len(dataset.train.values)),
        "hide_history": history(filter_history, dataset.summary).filtered,
    }
    return Resolved(**{**decided, **said})


def batch_size_of(targets: float) -> int:
    """More windows a step where each has few targets."""
    return round(min(MOST_WINDOWS, max(FEWEST_WINDOWS, TARGETS / max(1.0, targets))))


def learning_rate_of(width: int) -> float:
    """The largest step size: less for wide models; the size of the log does not matter."""
    return round(min(8e-3, 0.256 / width), 6)


def dropout_of(width: int, interactions: int) -> float:
    """More for wide models and for small logs: on a large log nothing at width 32, .1 at 64, .2
    from 96 on; on a small one .2 more.
    """
    wide = min(0.2, max(0.0, (width - 32) / 320))
    within = min(max(interactions, SMALL_LOG), LARGE_LOG)
    small = math.log(LARGE_LOG / within) / math.log(LARGE_LOG / SMALL_LOG)
    return round(wide + 0.2 * small, 3)


def _window(model: ModelSettings, encoder: Encoder, dataset: Dataset) -> int:
    """Twice the mean history, within bounds; never less than the file sees, but never more than
    anybody has: the rest would be padding, which teaches nothing and costs as much.
    """
    if not encoder.any_length:
        return model.length
    longest = LONGEST_LOOP if encoder.recurrent else LONGEST_WINDOW
    mean = float(np.diff(dataset.train.offsets).mean()) if len(dataset.train) else 0.0
    return min(max(model.length, min(longest, math.ceil(2 * mean))), _longest(dataset))


def _longest(dataset: Dataset) -> int:
    """Items of the longest history that is trained or validated on."""
    parts = (dataset.train, dataset.validation.histories)
    return max(1, *(int(np.diff(part.offsets).max(initial=1)) for part in parts))
