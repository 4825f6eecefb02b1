"""What static quantization measures its ranges on: real contexts, as the app will see them."""

from __future__ import annotations

import numpy as np

from rbench.data.dataset import Dataset, Ids


def calibration_contexts(dataset: Dataset, length: int, count: int, seed: int) -> Ids:
    """Contexts from the training split, drawn by the seed, each cut at a random place.

    Returns:
        int32 ``(count or fewer, length)``, padded on the left with 0.
    """
    random = np.random.default_rng(seed)
    users = random.permutation(len(dataset.train))[:count]
    rows = np.zeros((len(users), length), np.int32)
    for row, user in zip(rows, users, strict=True):
        sequence = dataset.train[int(user)]
        if len(sequence):
            newest = sequence[: random.integers(1, len(sequence) + 1)][-length:]
            row[length - len(newest) :] = newest
    return rows
