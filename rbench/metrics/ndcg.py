"""NDCG@k: normalised discounted cumulative gain. With one target a user, the ideal gain is 1, so
that nothing is left to normalise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rbench.metrics.metric import RankMetric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rbench.metrics.metric import Gains


class Ndcg(RankMetric):
    """``1 / log2(rank + 1)`` where the target is among the k best, else 0.

    Source: Järvelin and Kekäläinen, Cumulated gain-based evaluation of IR techniques, 2002.
    """

    label = "NDCG"
    meaning = "ranking quality of the k best: 1 for the first place, log-discounted below"
    cutoffs = (10,)

    def gains(self, ranks: NDArray[Any], k: int) -> Gains:
        import numpy as np

        among = ((ranks >= 1) & (ranks <= k)).astype(np.float64)
        gained: Gains = among / np.log2(np.maximum(ranks, 1) + 1.0)
        return gained
