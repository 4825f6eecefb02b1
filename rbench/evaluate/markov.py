"""The windowed Markov baseline: what came soon after the last few items.

Directed counts within a window, closer followers weighing more, each row a distribution; summed
over the last items of the context, newer ones weighing more. Nothing is learnt by gradient, and
on small logs few encoders beat it: that is why it stands in every table.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rbench.data.dataset import Dataset, Ids
from rbench.data.followers import followers
from rbench.data.ranking import Scores
from rbench.evaluate.neighbours import weigh

WINDOW = 20
"""How many places later an item still counts as a follower."""
GAP_DECAY = 0.9
"""Weight of a follower: ``GAP_DECAY ** (gap - 1)``."""
LAST = 10
"""Items of the context that are looked at."""
AGE_DECAY = 0.8
"""Weight of a context's item: ``AGE_DECAY ** age``, age 0 for the newest."""


class Markov:
    """Sums the followers' distributions of the last items."""

    def __init__(
        self,
        dataset: Dataset,
        window: int = WINDOW,
        gap_decay: float = GAP_DECAY,
        last: int = LAST,
        age_decay: float = AGE_DECAY,
    ) -> None:
        self.items = dataset.items
        self.length = last
        self.age_decay = age_decay
        self.transitions = _transitions(dataset, window, gap_decay)

    def __call__(self, contexts: Ids) -> Scores:
        """int32 ``(n, length)`` -> float32 ``(n, items)``."""
        weights = weigh(contexts, self.age_decay, self.items)
        scores: Scores = (weights @ self.transitions).toarray()
        return scores


def _transitions(dataset: Dataset, window: int, gap_decay: float) -> Any:
    """CSR float32 ``(items, items)``: row i is the distribution of followers of item i + 1."""
    counts = followers(dataset, [gap_decay**gap for gap in range(window)])
    totals = np.repeat(counts.sum(axis=1), np.diff(counts.indptr))
    counts.data = (counts.data / totals).astype(np.float32)
    return counts
