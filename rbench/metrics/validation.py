"""The scores by which a training's best epoch and a baseline's parameters are chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rbench.metrics.ndcg import Ndcg
from rbench.metrics.recall import Recall

if TYPE_CHECKING:
    from numpy.typing import NDArray

K = 10


def validation_scores(ranks: NDArray[Any]) -> dict[str, float]:
    """``ndcg@10`` and ``recall@10`` over users, 0 where there are none.

    Args:
        ranks: int ``(users,)``; 0 where the target cannot be ranked, a miss.
    """
    chosen = {"ndcg": Ndcg(), "recall": Recall()}
    return {
        f"{name}@{K}": float(metric.gains(ranks, K).mean()) if len(ranks) else 0.0
        for name, metric in chosen.items()
    }
