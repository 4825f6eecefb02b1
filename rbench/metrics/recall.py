"""Recall@k: is the target among the k best? With one target a user, also known as hit rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rbench.metrics.metric import RankMetric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rbench.metrics.metric import Gains


class Recall(RankMetric):
    """1 where the target is among the k best, else 0."""

    label = "Recall"
    meaning = "share of users whose next item is among the k best (hit rate)"
    cutoffs = (1, 5, 10, 20)

    def gains(self, ranks: NDArray[Any], k: int) -> Gains:
        import numpy as np

        return ((ranks >= 1) & (ranks <= k)).astype(np.float64)
