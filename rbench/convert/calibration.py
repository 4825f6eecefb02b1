"""What static quantization measures its ranges on: real contexts, as the app will see them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbench.data.dataset import Dataset
from rbench.features import CONTEXT, Feature, Features
from rbench.features.feature import filled

FILLED = 4
"""Every so-manyth context is filled up."""


def calibration_contexts(
    dataset: Dataset, length: int, count: int, seed: int, features: Sequence[Feature] = ()
) -> Features:
    """Contexts from the training split, drawn by the seed, each cut at a random place, and what
    stands beside them at that moment.

    Where histories are shorter than a context, its oldest positions would be padding in every
    sample, their ranges would be empty, and kernels abort on such files. So every fourth context
    is filled up with what other users did before.

    Returns:
        ``count`` queries, padded on the left with 0.
    """
    random = np.random.default_rng(seed)
    offsets = dataset.train.offsets
    users = [(offsets[user], offsets[user + 1]) for user in np.flatnonzero(np.diff(offsets))]
    count = count if users else 0
    arrays: dict[str, NDArray[Any]] = {CONTEXT: np.zeros((count, length), np.int32)}
    arrays |= {one.name: np.zeros((count, length), one.dtype) for one in features}
    for number in range(count):
        start, stop = users[random.integers(len(users))]
        end = start + random.integers(1, stop - start + 1)
        places = np.arange(max(start, end - length), end)
        while number % FILLED == 0 and len(places) < length:
            older = users[random.integers(len(users))]
            places = np.concatenate([np.arange(*older), places])[-length:]
        arrays[CONTEXT][number] = filled(dataset.train.values[places], length, "int32")
        for one in features:
            column = dataset.columns[one.column]
            made = one.values(column[places], column[min(end, stop - 1)])
            arrays[one.name][number] = filled(made, length, one.dtype)
    return Features(arrays)
