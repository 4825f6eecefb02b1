"""The metric contract as checks. Each raises AssertionError with what was found."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from rbench.metrics.metric import ListMetric, Lists, Metric, RankMetric

CATALOGUE = 40
RANKS = np.array([1, 2, 3, 5, 8, 10, 11, 20, 21, 400, 0, 0, 1], np.int32)


def check_description(metric: Metric) -> None:
    """It says what it means, and its cutoffs are lengths."""
    assert metric.meaning.strip(), "meaning is empty: say in one line what the metric says"
    assert len(set(metric.cutoffs)) == len(metric.cutoffs), f"cutoffs {metric.cutoffs}: one twice"
    assert all(type(k) is int and k >= 1 for k in metric.cutoffs), f"cutoffs {metric.cutoffs}"
    assert isinstance(metric, RankMetric) or metric.cutoffs, "a metric of lists needs cutoffs"


def check_gains(metric: Metric) -> None:
    """One number a user, from 0 to 1, also for nobody; what it was given stays as it was."""
    seen = _seen(metric)
    kept = [array.copy() for array in _arrays(seen)]
    for k in _cutoffs(metric):
        found = _gains(metric, seen, k)
        assert found.shape == (len(RANKS),), f"shape {found.shape} for {len(RANKS)} users"
        assert np.isfinite(found).all(), "a gain is no finite number"
        assert ((found >= 0) & (found <= 1)).all(), f"gains from {found.min():g} to {found.max():g}"
        assert _gains(metric, _of(seen, []), k).shape == (0,), "nobody's gains have another shape"
    for before, after in zip(kept, _arrays(seen), strict=True):
        assert np.array_equal(before, after), "it changes what it was given"


def check_users(metric: Metric) -> None:
    """A user's gain depends on that user alone: not on the others, nor on their order."""
    seen = _seen(metric)
    for k in _cutoffs(metric):
        whole = _gains(metric, seen, k)
        alone = [_gains(metric, _of(seen, [user]), k)[0] for user in range(len(RANKS))]
        assert np.array_equal(whole, alone), "a user's gain depends on who else is asked"


def check_ranks(metric: Metric) -> None:
    """A better rank never gains less, and a miss gains nothing. For metrics of ranks."""
    if not isinstance(metric, RankMetric):
        return
    for k in _cutoffs(metric):
        found = _gains(metric, np.arange(1, 1001, dtype=np.int32), k)
        worse = np.flatnonzero(np.diff(found) > 0)
        assert not len(worse), f"rank {worse[0] + 2} gains more than rank {worse[0] + 1}"
        assert _gains(metric, np.zeros(1, np.int32), k)[0] == 0, "a miss (rank 0) gains something"


CHECKS = (check_description, check_gains, check_users, check_ranks)


def check_metric(metric: Metric) -> None:
    """All checks, the first failure raised.

    Raises:
        AssertionError: the metric breaks its contract; the message says how.
    """
    for check in CHECKS:
        check(metric)


class MetricContract:
    """The checks as a pytest class: derive from it and set ``metric``."""

    metric: ClassVar[Metric]

    def test_description(self) -> None:
        check_description(self.metric)

    def test_gains(self) -> None:
        check_gains(self.metric)

    def test_users(self) -> None:
        check_users(self.metric)

    def test_ranks(self) -> None:
        check_ranks(self.metric)


def _cutoffs(metric: Metric) -> tuple[int, ...]:
    return metric.cutoffs or (0,)


def _seen(metric: Metric) -> Any:
    """Ranks, or lists of which some are short and one is empty."""
    if not isinstance(metric, ListMetric):
        return RANKS.copy()
    random = np.random.default_rng(1)
    deep = max(metric.cutoffs)
    catalogue = max(CATALOGUE, deep)
    items = np.stack([random.permutation(catalogue)[:deep] + 1 for _ in RANKS]).astype(np.int32)
    items[1, deep // 2 :] = 0
    items[2] = 0
    return Lists(items, np.concatenate([[0], random.geometric(0.02, catalogue)]))


def _of(seen: Any, users: list[int]) -> Any:
    if isinstance(seen, Lists):
        return Lists(seen.items[users], seen.interactions)
    return seen[users]


def _arrays(seen: Any) -> tuple[Any, ...]:
    return tuple(seen) if isinstance(seen, Lists) else (seen,)


def _gains(metric: Any, seen: Any, k: int) -> Any:
    return np.asarray(metric.gains(seen, k), np.float64)
