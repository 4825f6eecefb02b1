"""From ranks to what a user gained: recall@k, NDCG@10 and reciprocal rank. Pure arithmetic.

A rank is 1 for the best place; 0 says that the target cannot be ranked at all, a miss. With one
target a user, the ideal discounted gain is 1, so NDCG needs no normalising.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Gains = NDArray[np.float64]

RECALLS = (1, 5, 10, 20)
METRICS = (*(f"recall@{k}" for k in RECALLS), "ndcg@10", "mrr")
"""Names of the metrics, in the order of `gains`' columns."""


def recall(ranks: NDArray[Any], k: int) -> Gains:
    """1 where the target is among the k best, else 0: float64, of ``ranks``' shape."""
    return ((ranks >= 1) & (ranks <= k)).astype(np.float64)


def ndcg(ranks: NDArray[Any], k: int) -> Gains:
    """``1 / log2(rank + 1)`` where the target is among the k best, else 0.

    Source: Järvelin and Kekäläinen, Cumulated gain-based evaluation of IR techniques, 2002.
    """
    gained: Gains = recall(ranks, k) / np.log2(np.maximum(ranks, 1) + 1.0)
    return gained


def reciprocal(ranks: NDArray[Any]) -> Gains:
    """``1 / rank`` however deep the target lies; 0 where it cannot be ranked."""
    gained: Gains = (ranks >= 1) / np.maximum(ranks, 1).astype(np.float64)
    return gained


def gains(ranks: NDArray[Any]) -> Gains:
    """What every user gained: ranks ``(users,)`` -> float64 ``(users, len(METRICS))``."""
    columns = [*(recall(ranks, k) for k in RECALLS), ndcg(ranks, 10), reciprocal(ranks)]
    return np.stack(columns, axis=-1)
