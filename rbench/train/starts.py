"""An item table to start from that knows the counts: items that follow each other lie close."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rbench.data.dataset import Dataset
from rbench.data.followers import Sparse, followers

WINDOW = 20
"""How many places later an item still counts as a follower, by 1 / distance."""
TAU = 1000.0
"""The larger, the closer the logarithm is to plain counts."""


def from_counts(dataset: Dataset, table: NDArray[np.float32]) -> NDArray[np.float32]:
    """The eigenvectors of the largest eigenvalues of the count model's matrix, made symmetric and
    centred in rows and columns, times the roots of these, at the scale of a random table.

    Args:
        table: float32 ``(items, width)``, random; its columns stay where the matrix has fewer
            positive eigenvalues.
    """
    from scipy.sparse.linalg import LinearOperator, eigsh

    items, width = table.shape
    excess = followers(dataset, [1 / distance for distance in range(1, WINDOW + 1)])
    excess.data = np.log1p(excess.data * (items / TAU))
    excess = (excess + excess.T) / 2

    def centred(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
        found = excess @ (vectors - vectors.mean(axis=0))
        return np.asarray(found - found.mean(axis=0))

    wanted = min(width, items - 2)
    if not excess.nnz or wanted < 1:
        return table
    operator = LinearOperator((items, items), matvec=centred, matmat=centred, dtype=np.float64)
    values, vectors = eigsh(operator, wanted, which="LA", v0=_start(excess))
    values, vectors = values[::-1], vectors[:, ::-1]
    kept = values > 1e-9 * max(values[0], 1e-300)
    found = _signed(vectors[:, kept]) * np.sqrt(values[kept])
    made = table.copy()
    if kept.any():
        made[:, : found.shape[1]] = found * (table.std() / found.std())
    return made


def _start(excess: Sparse) -> NDArray[np.float64]:
    """Where the search begins: the same again, and along no eigenvector."""
    found: NDArray[np.float64] = np.random.default_rng(1).normal(size=excess.shape[0])
    return found


def _signed(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each vector with its largest number positive: eigenvectors have no sign of their own."""
    largest = np.abs(vectors).argmax(axis=0)
    signs: NDArray[np.float64] = np.sign(vectors[largest, np.arange(vectors.shape[1])])
    return vectors * signs
