"""Validation: NDCG@10 and Recall@10 of the model in training, over its whole catalogue."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rbench.data.dataset import Holdout, Ids

Scorer = Callable[[Ids], NDArray[np.float32]]
"""Contexts int32 ``(n, length)`` -> scores float32 ``(n, items)``."""

BATCH = 256


class Validator:
    """Scores a fixed draw of the validation users again and again.

    Args:
        users: at most this many, drawn by ``seed``.
    """

    def __init__(self, holdout: Holdout, length: int, users: int, seed: int) -> None:
        chosen = np.arange(len(holdout.targets))
        if len(chosen) > users:
            chosen = np.sort(np.random.default_rng(seed).permutation(len(chosen))[:users])
        self.contexts = holdout.contexts(length)[chosen]
        self.targets = holdout.targets[chosen]
        self.histories = [holdout.histories[int(index)] for index in chosen]

    def __call__(self, score: Scorer) -> dict[str, float]:
        """``ndcg@10`` and ``recall@10``. The history is filtered; a target that stands in it, or
        that has no column, counts as a miss, as in `rbench.evaluate`.
        """
        ranks = np.concatenate(
            [
                self._ranks(score(self.contexts[start : start + BATCH]), start)
                for start in range(0, len(self.targets), BATCH)
            ]
            or [np.zeros(0, np.int64)]
        )
        hits = (ranks >= 1) & (ranks <= 10)
        gains = np.where(hits, 1 / np.log2(np.maximum(ranks, 1) + 1), 0)
        return {
            "ndcg@10": float(gains.mean()) if len(ranks) else 0.0,
            "recall@10": float(hits.mean()) if len(ranks) else 0.0,
        }

    def _ranks(self, scores: NDArray[np.float32], start: int) -> NDArray[np.int64]:
        scores = np.array(scores)
        targets = self.targets[start : start + len(scores)]
        wanted = scores[np.arange(len(scores)), targets - 1]
        met = np.zeros(len(scores), bool)
        for row, target in enumerate(targets):
            history = self.histories[start + row]
            scores[row, history[history > 0] - 1] = -np.inf
            met[row] = target in history
        better = (scores > wanted[:, None]).sum(axis=1)
        columns = np.arange(scores.shape[1])
        tied = (scores == wanted[:, None]) & (columns < (targets - 1)[:, None])
        return np.where((targets > 0) & ~met, better + tied.sum(axis=1) + 1, 0)
