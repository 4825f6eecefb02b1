"""What follows what: counts of ordered pairs of items in the training sequences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbench.data.dataset import Dataset

Sparse = Any  # scipy is untyped; these are its csr_array
FOLLOWERS = 4096
"""Kept per item, the heaviest ones; exact for catalogues up to this size."""
BLOCK = 200_000
"""Interactions whose followers are counted at once."""


def followers(dataset: Dataset, weights: Sequence[float]) -> Sparse:
    """Weighted counts of pairs (i, j) where j comes after i in a training sequence.

    Args:
        weights: what a pair weighs by its distance, from 1 on; those further apart do not count.

    Returns:
        A CSR matrix float64 ``(items, items)``: row i - 1 has the followers of item i.
    """
    from scipy.sparse import csr_array, vstack

    values, offsets = dataset.train.values, dataset.train.offsets
    ends = np.repeat(offsets[1:], np.diff(offsets))
    order = np.argsort(values, kind="stable")
    first = np.searchsorted(values[order], np.arange(1, dataset.items + 2))
    blocks = []
    for start, stop in _blocks(first):
        positions = order[first[start] : first[stop]]
        rows, columns, data = [], [], []
        for distance, weight in enumerate(weights, 1):
            inside = positions[positions + distance < ends[positions]]
            inside = inside[values[inside + distance] > 0]
            rows.append(values[inside] - 1 - start)
            columns.append(values[inside + distance] - 1)
            data.append(np.full(len(inside), weight))
        counts = csr_array(
            (np.concatenate(data), (np.concatenate(rows), np.concatenate(columns))),
            shape=(stop - start, dataset.items),
        )
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


def heaviest(matrix: Sparse, k: int) -> Sparse:
    """A CSR matrix with the k largest entries of each row, ties to the lower column."""
    from scipy.sparse import csr_array

    matrix.sum_duplicates()
    columns, values, ends = [], [], [0]
    for start, stop in zip(matrix.indptr, matrix.indptr[1:], strict=False):
        row_columns, row_values = matrix.indices[start:stop], matrix.data[start:stop]
        if stop - start > k:
            kept = _largest(row_values, k)
            row_columns, row_values = row_columns[kept], row_values[kept]
        columns.append(row_columns)
        values.append(row_values)
        ends.append(ends[-1] + len(row_columns))
    return csr_array(
        (np.concatenate(values), np.concatenate(columns), np.array(ends)), shape=matrix.shape
    )


def _largest(values: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """Places of the k largest values, ascending; among equals the first ones."""
    bar = np.partition(values, len(values) - k)[len(values) - k]
    above = np.flatnonzero(values > bar)
    level = np.flatnonzero(values == bar)[: k - len(above)]
    return np.sort(np.concatenate([above, level]))
