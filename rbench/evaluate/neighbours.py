"""Contexts as sparse rows of weights."""

from __future__ import annotations

import numpy as np

from rbench.data.dataset import Ids
from rbench.data.followers import Sparse


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
