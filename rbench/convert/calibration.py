"""What static quantization measures its ranges on: real contexts, as the app will see them."""

from __future__ import annotations

import numpy as np

from rbench.data.dataset import Dataset, Ids

FILLED = 4
"""Every so-manyth context is filled up."""


def calibration_contexts(dataset: Dataset, length: int, count: int, seed: int) -> Ids:
    """Contexts from the training split, drawn by the seed, each cut at a random place.

    Where histories are shorter than a context, its oldest positions would be padding in every
    sample, their ranges would be empty, and kernels abort on such files. So every fourth context
    is filled up with what other users did before.

    Returns:
        int32 ``(count, length)``, padded on the left with 0.
    """
    random = np.random.default_rng(seed)
    sequences = [dataset.train[user] for user in range(len(dataset.train))]
    sequences = [sequence for sequence in sequences if len(sequence)]
    rows = np.zeros((count if sequences else 0, length), np.int32)
    for number, row in enumerate(rows):
        sequence = sequences[random.integers(len(sequences))]
        newest = sequence[: random.integers(1, len(sequence) + 1)][-length:]
        while number % FILLED == 0 and len(newest) < length:
            older = sequences[random.integers(len(sequences))]
            newest = np.concatenate([older, newest])[-length:]
        row[length - len(newest) :] = newest
    return rows
