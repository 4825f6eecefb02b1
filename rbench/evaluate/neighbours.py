"""Sparse item-by-item matrices that stay bounded: only the heaviest entries of each row."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbench.data.dataset import Ids

Sparse = Any  # scipy is untyped; these are its csr_array


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


def weigh(contexts: Ids, decay: float, items: int) -> Sparse:
    """Contexts as rows of weights: ``decay ** age`` at each item, 1 for the newest.

    Args:
        contexts: int32 ``(n, length)``, oldest first, padded on the left with 0.

    Returns:
        A CSR matrix float32 ``(n, items)``; an item that comes up twice weighs both times.
    """
    from scipy.sparse import csr_array

    rows, places = np.nonzero(contexts)
    weights = (decay ** (contexts.shape[1] - 1 - places)).astype(np.float32)
    return csr_array((weights, (rows, contexts[rows, places] - 1)), shape=(len(contexts), items))
