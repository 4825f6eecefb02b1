"""Small worlds to learn from."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from rbench import data
from rbench.data.dataset import Dataset, Holdout, Ragged
from rbench.data.settings import DataSettings, SyntheticSettings
from rbench.encoding import ModelSettings


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    """60 users with eight items each of 40: an epoch takes milliseconds."""
    settings = SyntheticSettings(users=60, items=40, interactions_per_user=8)
    return data.load(DataSettings(synthetic=settings))


@pytest.fixture(scope="session")
def model_settings() -> ModelSettings:
    return ModelSettings(width=8, length=6)


@pytest.fixture(scope="session")
def ragged() -> Callable[[Sequence[Sequence[int]]], Ragged]:
    def make(sequences: Sequence[Sequence[int]]) -> Ragged:
        offsets = np.cumsum([0, *(len(sequence) for sequence in sequences)]).astype(np.int64)
        return Ragged(np.array([v for s in sequences for v in s], np.int32), offsets)

    return make


@pytest.fixture(scope="session")
def holdout(ragged) -> Callable[[Sequence[Sequence[int]], Sequence[int]], Holdout]:
    def make(histories: Sequence[Sequence[int]], targets: Sequence[int]) -> Holdout:
        users = np.arange(len(targets), dtype=np.int32)
        return Holdout(ragged(histories), np.array(targets, np.int32), users)

    return make
