"""Ours keep the metric contract; what breaks it is told how."""

import numpy as np
import pytest

from rbench.metrics import ListMetric, RankMetric
from rbench.metrics.found import FIRST, metric
from rbench.testing import MetricContract, check_metric
from rbench.testing.metrics import CHECKS


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("family", FIRST)
def test_ours_keep_the_contract(family, check):
    check(metric(family))


class Third(RankMetric):
    """A share of the list, and a list metric: popular items shown are worth less."""

    meaning = "1 for the first three"
    cutoffs = (3,)

    def gains(self, ranks, k):
        return ((ranks >= 1) & (ranks <= k)).astype(float)


class Rare(ListMetric):
    meaning = "how far down in popularity the shown items are"
    cutoffs = (5, 10)

    def gains(self, lists, k):
        share = 1 - lists.interactions / max(1, lists.interactions.max())
        shown = lists.items[:, :k] > 0
        total = (share[lists.items[:, :k]] * shown).sum(axis=1)
        return total / np.maximum(shown.sum(axis=1), 1)


class TestThird(MetricContract):
    metric = Third()


class TestRare(MetricContract):
    metric = Rare()


class Mute(Third):
    meaning = ""


class Large(Third):
    def gains(self, ranks, k):
        return 2 * super().gains(ranks, k)


class Nan(Third):
    def gains(self, ranks, k):
        return np.where(ranks > 20, np.nan, 0.0)


class Mean(Third):
    def gains(self, ranks, k):
        return np.full(len(ranks), super().gains(ranks, k).mean() if len(ranks) else 0.0)


class Backwards(Third):
    def gains(self, ranks, k):
        return (ranks > k).astype(float)


class Generous(Third):
    def gains(self, ranks, k):
        return (ranks <= k).astype(float)


class Scalar(Third):
    def gains(self, ranks, k):
        return super().gains(ranks, k).mean()


class Spoils(Third):
    def gains(self, ranks, k):
        found = super().gains(ranks, k)
        ranks[:] = 1
        return found


class Twice(Third):
    cutoffs = (3, 3)


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (Mute, "meaning is empty"),
        (Large, "gains from 0 to 2"),
        (Nan, "no finite number"),
        (Mean, "depends on who else"),
        (Backwards, "rank 4 gains more than rank 3"),
        (Generous, "a miss"),
        (Scalar, "shape"),
        (Spoils, "changes what it was given"),
        (Twice, "one twice"),
    ],
)
def test_what_breaks_it_is_told_how(broken, says):
    with pytest.raises(AssertionError, match=says):
        check_metric(broken())
