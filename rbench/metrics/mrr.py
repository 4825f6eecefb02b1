"""MRR: the mean reciprocal rank, however deep the target lies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rbench.metrics.metric import RankMetric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rbench.metrics.metric import Gains


class Mrr(RankMetric):
    """``1 / rank``; 0 where the target cannot be ranked."""

    label = "MRR"
    meaning = "mean of 1 / rank, over the whole ranking"

    def gains(self, ranks: NDArray[Any], k: int) -> Gains:
        import numpy as np

        gained: Gains = (ranks >= 1) / np.maximum(ranks, 1).astype(np.float64)
        return gained
