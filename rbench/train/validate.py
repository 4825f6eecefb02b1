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
        """``ndcg@10`` and ``recall@10``, history filtered; targets not found count 0."""
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
        rows = np.arange(len(scores))
        wanted = scores[rows, targets - 1].copy()
        for row in rows:
            history = self.histories[start + row]
            scores[row, history[history > 0] - 1] = -np.inf
        scores[rows, targets - 1] = wanted
        better = (scores > wanted[:, None]).sum(axis=1)
        columns = np.arange(scores.shape[1])
        tied = (scores == wanted[:, None]) & (columns < (targets - 1)[:, None])
        return np.where(targets > 0, better + tied.sum(axis=1) + 1, 0)
