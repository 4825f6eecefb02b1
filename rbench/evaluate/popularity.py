"""The popularity baseline: everybody is shown what most interactions went to."""

from __future__ import annotations

import numpy as np

from rbench.data.dataset import Dataset, Ids
from rbench.data.ranking import Scores


class Popularity:
    """Scores are training counts, whatever the context."""

    length = 1

    def __init__(self, dataset: Dataset) -> None:
        counts = np.bincount(dataset.train.values, minlength=dataset.items + 1)
        self.scores = counts[1:].astype(np.float32)

    def __call__(self, contexts: Ids) -> Scores:
        """int32 ``(n, 1)`` -> float32 ``(n, items)``."""
        return np.broadcast_to(self.scores, (len(contexts), len(self.scores)))
