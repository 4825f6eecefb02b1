"""``time_gaps``: how long ago each item was, and how long after it the next one came.

The input is ages, in seconds before now. The gap behind an item is its age less that of the next
one; behind the newest one it is its age: the gap to *now*. Gaps fall into a few bins whose bounds
lie evenly in logarithms, and every bin has a vector that is added to the item's. The bins are
counted in whole numbers, so that they are the same in every recipe.

Training learns from every position at once: the moment of the request of position t is the time of
the item that comes next, and that is what the gap behind t measures.

Source: RecTools' HSTU tutorial, time bias; added to embeddings as in Yambda's baselines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from rbench.features.feature import Feature, KerasTensor

FIRST, LAST = 60, 180 * 86_400
"""Seconds: gaps up to the first bound have a bin, and those from the last bound on."""
OLDEST = 2**31 - 1
"""Seconds that an int32 holds, 68 years."""
START = 0.02
"""Standard deviation of vectors that have learnt nothing."""


@dataclass(frozen=True)
class TimeGaps(Feature):
    """Gaps in ``bins`` log-spaced bins."""

    bins: int = 8

    name: ClassVar[str] = "ages"
    kind: ClassVar[str] = "age_seconds"
    meaning: ClassVar[str] = (
        "seconds from each item of the context to now, whole numbers, 0 where padded"
    )
    request: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not 2 <= self.bins <= 64:
            raise ValueError(f"bins must be a whole number from 2 to 64, not {self.bins}")

    @property
    def bounds(self) -> tuple[int, ...]:
        """Least gap of each bin but the first, in seconds."""
        steps = np.arange(self.bins - 1) / max(1, self.bins - 2)
        return tuple(round(float(FIRST * (LAST / FIRST) ** step)) for step in steps)

    def values(self, column: NDArray[Any], now: Any) -> NDArray[Any]:
        ages: NDArray[np.int64] = np.clip(int(now) - column, 0, OLDEST)
        return ages.astype(np.int32)

    def embed(self, given: KerasTensor, width: int) -> KerasTensor:
        import tf_keras

        from rbench.layers import Gaps, Unflatten

        table = tf_keras.layers.Embedding(
            self.bins,
            width,
            embeddings_initializer=tf_keras.initializers.RandomNormal(stddev=START),
            name=f"{self.name}_table",
        )
        bins = Gaps(self.bounds, name=f"{self.name}_bins")(given)
        return Unflatten(given.shape[1], name=f"{self.name}_vectors")(table(bins))
