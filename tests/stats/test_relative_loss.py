"""The paired comparison: known answers, and what a bootstrap comes to."""

import math

import numpy as np
import pytest

from rbench.records import Estimate
from rbench.stats import paired_loss, unpaired_loss


def test_the_closed_form_is_what_a_paired_bootstrap_comes_to():
    random = np.random.default_rng(3)
    before = random.random(400)
    after = np.clip(before - 0.05 + 0.1 * random.normal(size=400), 0, 1)
    lost = paired_loss(before, after)
    drawn = random.integers(0, 400, size=(4000, 400))
    shares = 1 - after[drawn].mean(axis=1) / before[drawn].mean(axis=1)
    assert lost.share == pytest.approx(1 - after.mean() / before.mean())
    assert lost.standard_error == pytest.approx(shares.std(), rel=0.05)


def test_equal_scores_lost_nothing():
    before = np.array([0.0, 1.0, 0.5])
    lost = paired_loss(before, before)
    assert lost.interval(0.001) == (0, 0)


def test_intervals_alone_see_less_than_ranks():
    random = np.random.default_rng(4)
    easy = random.random(300)
    before, after = easy, np.clip(easy - 0.02 + 0.02 * random.normal(size=300), 0, 1)

    def estimate(values):
        reach = 1.96 * values.std() / math.sqrt(len(values))
        mean = values.mean()
        return Estimate(value=mean, low=mean - reach, high=mean + reach)

    alone = unpaired_loss(estimate(before), estimate(after))
    together = paired_loss(before, after)
    assert alone.share == pytest.approx(together.share)
    assert alone.standard_error > 3 * together.standard_error
