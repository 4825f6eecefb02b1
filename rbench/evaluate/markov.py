"""The windowed Markov baseline: what came soon after the last few items.

Directed counts within a window, closer followers weighing more, each row a distribution; summed
over the last items of the context, newer ones weighing more. Nothing is learnt by gradient, and
on small logs few encoders beat it: that is why it stands in every table.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbench.data.dataset import Dataset, Ids
from rbench.data.ranking import Scores
from rbench.evaluate.neighbours import heaviest, weigh

WINDOW = 20
"""How many places later an item still counts as a follower."""
GAP_DECAY = 0.9
"""Weight of a follower: ``GAP_DECAY ** (gap - 1)``."""
LAST = 10
"""Items of the context that are looked at."""
AGE_DECAY = 0.8
"""Weight of a context's item: ``AGE_DECAY ** age``, age 0 for the newest."""
FOLLOWERS = 4096
"""Kept per item, the most frequent ones; exact for catalogues up to this size."""
BLOCK = 200_000
"""Interactions whose followers are counted at once."""


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
    from scipy.sparse import csr_array, vstack

    values, offsets = dataset.train.values, dataset.train.offsets
    ends = np.repeat(offsets[1:], np.diff(offsets))
    order = np.argsort(values, kind="stable")
    first = np.searchsorted(values[order], np.arange(1, dataset.items + 2))
    blocks = []
    for start, stop in _blocks(first):
        positions = order[first[start] : first[stop]]
        rows, columns, weights = [], [], []
        for gap in range(1, window + 1):
            inside = positions[positions + gap < ends[positions]]
            inside = inside[values[inside + gap] > 0]
            rows.append(values[inside] - 1 - start)
            columns.append(values[inside + gap] - 1)
            weights.append(np.full(len(inside), gap_decay ** (gap - 1)))
        counts = csr_array(
            (np.concatenate(weights), (np.concatenate(rows), np.concatenate(columns))),
            shape=(stop - start, dataset.items),
        )
        totals = np.repeat(counts.sum(axis=1), np.diff(counts.indptr))
        counts.data = (counts.data / totals).astype(np.float32)
        blocks.append(heaviest(counts, FOLLOWERS))
    return vstack(blocks, format="csr")


def _blocks(first: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Ranges of items that have about `BLOCK` interactions together, at least one item each.

    Args:
        first: ``(items + 1,)``, the number of interactions with items before each one.
    """
    start, items = 0, len(first) - 1
    while start < items:
        reach = int(np.searchsorted(first, first[start] + BLOCK, side="right")) - 1
        stop = min(max(reach, start + 1), items)
        yield start, stop
        start = stop
