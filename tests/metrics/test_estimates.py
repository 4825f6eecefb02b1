"""Intervals: seeded, honest, and the same as drawing users one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rbench.metrics import Lists
from rbench.metrics.estimates import estimates as of_lists_too
from rbench.metrics.found import gains, names

NOTHING_SHOWN = Lists(np.zeros((0, 10), np.int32), np.zeros(1, np.int64))


def estimates(ranks: np.ndarray, resamples: int, seed: int) -> dict[str, Any]:
    return of_lists_too(ranks, NOTHING_SHOWN, resamples, seed)


def table(ranks: np.ndarray) -> np.ndarray:
    return np.stack([gains(name, ranks) for name in names()], axis=-1)


def test_same_seed_same_intervals() -> None:
    ranks = np.random.default_rng(0).integers(0, 50, 200)
    assert estimates(ranks, 100, 3) == estimates(ranks, 100, 3)
    assert estimates(ranks, 100, 3) != estimates(ranks, 100, 4)


def test_chunks_change_nothing_but_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    ranks = np.random.default_rng(0).integers(0, 50, 200)
    whole = estimates(ranks, 64, 1)
    monkeypatch.setattr("rbench.stats.bootstrap.CELLS", 500)
    assert estimates(ranks, 64, 1) == whole


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=40))
def test_the_interval_holds_the_mean_of_the_gains(ranks: list[int]) -> None:
    array = np.array(ranks)
    found = estimates(array, 200, 1)
    assert tuple(found) == names()
    for name, mean in zip(names(), table(array).mean(axis=0), strict=True):
        assert found[name].value == pytest.approx(mean)
        assert 0 <= found[name].low <= found[name].high <= 1


def test_users_alike_leave_no_doubt() -> None:
    found = estimates(np.full(100, 3), 200, 1)["ndcg@10"]
    assert found.low == pytest.approx(0.5)
    assert found.high == pytest.approx(0.5)


def test_it_equals_drawing_the_users_one_by_one() -> None:
    generator = np.random.default_rng(5)
    ranks = generator.integers(0, 40, 500)
    every = table(ranks)
    drawn = np.array([every[generator.integers(0, 500, 500)].mean(axis=0) for _ in range(4000)])
    low, high = np.percentile(drawn, (2.5, 97.5), axis=0)
    found = estimates(ranks, 4000, 1)
    for column, name in enumerate(names()):
        width = high[column] - low[column]
        assert found[name].low == pytest.approx(low[column], abs=0.1 * width)
        assert found[name].high == pytest.approx(high[column], abs=0.1 * width)
