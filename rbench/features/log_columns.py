"""``number`` and ``category``: any column of the log, per position: a rating, a dwell, an event.

A study names the input after the table's key, and the column so too, unless it says another:

    [features]
    rating = { use = "number", low = 0.5, high = 5 }
    event = { use = "category", words = ["view", "cart", "purchase"] }

What a number or a word comes to is said in the study, so that training, files and apps agree: a
step of an even scale or the place in a list, each with a vector that is added to the item's; or,
with ``bins = 0``, the number itself, scaled, times one vector.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbench.features.feature import NUMBERS, WORDS, Feature, KerasTensor

START = 0.02
"""Standard deviation of vectors that have learnt nothing."""
MOST = 1000
"""Vectors of one input."""


class LogColumn(Feature):
    """What both have: a label, and the log's column."""

    label: str
    log_column: str

    def _check(self, what: str) -> None:
        if not self.label.isidentifier():
            raise ValueError(f"{what} needs a label that is a name, not {self.label!r}")

    def _looked_up(self, given: KerasTensor, vectors: int, width: int) -> KerasTensor:
        import tf_keras

        from rbench.layers import Flat, Unflatten

        table = tf_keras.layers.Embedding(
            vectors,
            width,
            embeddings_initializer=tf_keras.initializers.RandomNormal(stddev=START),
            name=f"{self.name}_table",
        )
        flat = Flat(name=f"{self.name}_flat")(given)
        return Unflatten(given.shape[1], name=f"{self.name}_vectors")(table(flat))


@dataclass(frozen=True)
class Number(LogColumn):
    """Numbers from ``low`` to ``high``; what lies beyond counts as the end."""

    label: str = "number"
    """Of the input."""
    low: float = 0.0
    high: float = 1.0
    bins: int = 10
    """Steps of the scale with a vector each; 0: the number itself, scaled."""
    log_column: str = ""
    """The log's name of it; the label if left out."""

    def __post_init__(self) -> None:
        self._check("number")
        if not -1e12 <= self.low < self.high <= 1e12:
            raise ValueError(f"low must be below high, not {self.low:g} and {self.high:g}")
        if self.bins and not 2 <= self.bins <= MOST:
            raise ValueError(f"bins must be 0, or a whole number from 2 to {MOST}, not {self.bins}")

    @property
    def name(self) -> str:  # type: ignore[override]
        """The label."""
        return self.label

    @property
    def column(self) -> str:  # type: ignore[override]
        """As numbers."""
        return f"{NUMBERS}{self.log_column or self.label}"

    @property
    def dtype(self) -> str:  # type: ignore[override]
        """Steps are whole numbers."""
        return "int32" if self.bins else "float32"

    @property
    def kind(self) -> str:  # type: ignore[override]
        """What stands at a position."""
        return "step" if self.bins else "number"

    @property
    def meaning(self) -> str:  # type: ignore[override]
        """How an app makes it."""
        scale = f"(x - {self.low:g}) / {self.high - self.low:g}, from 0 to 1"
        if not self.bins:
            return f"{self.label} x of each item: {scale}; 0 where padded"
        return (
            f"{self.label} x of each item: {scale}, times {self.bins}, rounded down, "
            f"{self.bins - 1} at the most, and 1 more; 0 where padded"
        )

    def facts(self) -> dict[str, Any]:
        scale = {"low": self.low, "high": self.high, "bins": self.bins}
        return {**super().facts(), "scale": scale}

    def values(self, column: NDArray[Any], now: Any) -> NDArray[Any]:
        scaled = np.clip((column.astype(np.float64) - self.low) / (self.high - self.low), 0, 1)
        if not self.bins:
            return scaled.astype(np.float32)
        return (np.minimum(scaled * self.bins, self.bins - 1).astype(np.int32) + 1).astype(np.int32)

    def embed(self, given: KerasTensor, width: int) -> KerasTensor:
        if self.bins:
            return self._looked_up(given, self.bins + 1, width)
        import tf_keras

        column = tf_keras.layers.Reshape((given.shape[1], 1), name=f"{self.name}_column")(given)
        return tf_keras.layers.Dense(width, use_bias=False, name=f"{self.name}_vector")(column)


@dataclass(frozen=True)
class Category(LogColumn):
    """Words of a list; all others share one vector."""

    label: str = "category"
    """Of the input."""
    words: tuple[str, ...] = ()
    """Those with a vector of their own."""
    log_column: str = ""
    """The log's name of it; the label if left out."""

    def __post_init__(self) -> None:
        self._check("category")
        given: object = self.words
        if not isinstance(given, list | tuple) or not all(isinstance(one, str) for one in given):
            raise ValueError(f"words must be a list of texts, not {given!r}")
        object.__setattr__(self, "words", tuple(given))
        if not 1 <= len(self.words) <= MOST:
            raise ValueError(f"words must name from 1 to {MOST} values, not {len(self.words)}")
        if len(set(self.words)) < len(self.words):
            raise ValueError(f"words names {max(self.words, key=self.words.count)!r} twice")

    @property
    def name(self) -> str:  # type: ignore[override]
        """The label."""
        return self.label

    @property
    def column(self) -> str:  # type: ignore[override]
        """As text."""
        return f"{WORDS}{self.log_column or self.label}"

    @property
    def kind(self) -> str:  # type: ignore[override]
        """What stands at a position."""
        return "place"

    @property
    def meaning(self) -> str:  # type: ignore[override]
        """How an app makes it."""
        return (
            f"{self.label} of each item: its place in {', '.join(self.words)}, from 1; "
            f"{len(self.words) + 1} for any other, 0 where padded"
        )

    def facts(self) -> dict[str, Any]:
        return {**super().facts(), "words": list(self.words)}

    def values(self, column: NDArray[Any], now: Any) -> NDArray[Any]:
        place = {word: number for number, word in enumerate(self.words, 1)}
        other = len(self.words) + 1
        return np.array([place.get(str(one), other) for one in column], np.int32)

    def embed(self, given: KerasTensor, width: int) -> KerasTensor:
        return self._looked_up(given, len(self.words) + 2, width)
