"""Validation: NDCG@10 and Recall@10 of the model in training, over its whole catalogue."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from rbench.data.dataset import Holdout, Ids
from rbench.data.ranking import rankable, ranks
from rbench.features import Feature, Features
from rbench.metrics.validation import validation_scores

Scorer = Callable[[Features], NDArray[np.float32]]
"""Inputs of ``n`` queries -> scores float32 ``(n, items)``."""

BATCH = 256


class Validator:
    """Scores a fixed draw of the validation users again and again.

    Args:
        users: at most this many, drawn by ``seed``.
        length: items in a context, as the file will see them.
        filtered: whether the history is taken out of the ranking, as in `rbench.evaluate`.
        padded: what the contexts are filled up to, where the model in training is longer.
        features: inputs beside the context.
    """

    def __init__(
        self,
        holdout: Holdout,
        length: int,
        users: int,
        seed: int,
        *,
        filtered: bool = True,
        padded: int = 0,
        features: Sequence[Feature] = (),
    ) -> None:
        chosen = np.arange(len(holdout.targets))
        if len(chosen) > users:
            chosen = np.sort(np.random.default_rng(seed).permutation(len(chosen))[:users])
        self.holdout = holdout.of(chosen)
        self.filtered = filtered
        self.contexts = self.holdout.features(length, features).padded(padded)

    def __call__(self, score: Scorer) -> dict[str, float]:
        """``ndcg@10`` and ``recall@10``. A target that has no column, or stands in a history that
        is filtered, counts as a miss, as in `rbench.evaluate`.
        """
        users = len(self.contexts)
        if not users:
            return validation_scores(np.zeros(0, np.int32))
        found = np.concatenate([self._ranks(score, start) for start in range(0, users, BATCH)])
        return validation_scores(found)

    def _ranks(self, score: Scorer, start: int) -> Ids:
        contexts = self.contexts[start : start + BATCH]
        scores = score(contexts)
        stop = start + len(contexts)
        allowed = rankable(self.holdout, start, stop, scores.shape[1], self.filtered)
        return ranks(scores, self.holdout.targets[start:stop], allowed)
