"""The item-kNN baseline: what resembles the last few items.

An item's score is the sum of its similarities to those of the last items that are among its own
nearest neighbours. The neighbours are those of the item that is scored: keeping the neighbours
of the context's items instead favours popular items and scores an eighth lower on MovieLens-1M.

Source: Sarwar et al., Item-based collaborative filtering recommendation algorithms, 2001; the
shrinkage as in Bell and Koren, 2007.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rbench.data.dataset import Dataset, Ids
from rbench.data.followers import heaviest
from rbench.data.ranking import Scores
from rbench.evaluate.neighbours import weigh

NEIGHBOURS = 200
SHRINK = 20.0
"""Added to the denominator: similarities that few users speak for count less."""
LAST = 5
"""Items of the context that are looked at."""
BLOCK = 4_000_000
"""Similarities held at once before the neighbours are picked."""


class ItemKnn:
    """Cosine of the items' users, shrunk, summed over the last items."""

    length = LAST

    def __init__(self, dataset: Dataset) -> None:
        self.items = dataset.items
        self.similarities = _similarities(dataset)

    def __call__(self, contexts: Ids) -> Scores:
        """int32 ``(n, LAST)`` -> float32 ``(n, items)``."""
        weights = weigh(contexts, 1.0, self.items)
        scores: Scores = (weights @ self.similarities).toarray()
        return scores


def _similarities(dataset: Dataset) -> Any:
    """CSR float32 ``(items, items)``: column j has the neighbours of item j + 1, not itself."""
    from scipy.sparse import csr_array, vstack

    train, items = dataset.train, dataset.items
    users = np.repeat(np.arange(len(train)), np.diff(train.offsets))
    known = train.values > 0
    touched = csr_array(
        (np.ones(int(known.sum()), np.float32), (users[known], train.values[known] - 1)),
        shape=(len(train), items),
    )
    touched.sum_duplicates()
    touched.data[:] = 1.0
    norms = np.sqrt(touched.sum(axis=0, dtype=np.float64))
    by_item = touched.T.tocsr()
    blocks = []
    size = max(1, BLOCK // items)
    for start in range(0, items, size):
        together = (by_item[start : start + size] @ touched).tocoo()
        apart = together.row + start != together.col
        rows, columns = together.row[apart], together.col[apart]
        shared = together.data[apart]
        values = shared / (norms[rows + start] * norms[columns] + SHRINK)
        block = csr_array((values.astype(np.float32), (rows, columns)), shape=together.shape)
        blocks.append(heaviest(block, NEIGHBOURS))
    # Cosines are symmetric: rows were cut to each item's neighbours, the scores need them upright.
    return vstack(blocks, format="csr").T.tocsr()
