"""Ratios of times from rounds: known answers."""

import math

import numpy as np
import pytest
from scipy import stats

from rbench.stats.rounds import RoundVariance, compare, compare_pairs, in_common, pooled


def test_noise_within_groups_is_pooled():
    assert pooled([[1.0, 3.0], [10.0, 10.0, 10.0]]) == RoundVariance(2.0 / 3, 3)
    assert pooled([[1.0]]) == RoundVariance(0.0, 0)


def test_a_ratio_and_its_interval():
    found = compare((110.0, 110.0), (100.0, 100.0), RoundVariance(0.01**2, 100), 0.0025)
    reach = stats.t.isf(0.0025, 7) * 0.01 * math.sqrt(6 / 7)  # one round's difference is free
    assert found.value == pytest.approx(1.1)
    assert math.log(found.high / found.value) == pytest.approx(reach, rel=1e-6)
    noisy = compare((100.0, 121.0), (100.0, 100.0), RoundVariance(0.01**2, 100), 0.0025)
    assert noisy.low < 1 < noisy.high


def test_the_smallest_loss_that_would_show():
    found = compare((100.0, 100.0), (100.0, 100.0), RoundVariance(0.01**2, 100), 0.0025)
    error = 0.01 * math.sqrt(6 / 7)
    seen = (stats.t.isf(0.0025, 7) + stats.norm.isf(0.05)) * error
    assert math.log(found.minimum_detectable) == pytest.approx(seen, rel=1e-6)


def test_nothing_under_a_file_s_distance_from_itself_is_a_difference():
    apart = [(101.0, 101.0, 101.0), (100.0, 100.0, 100.0)]
    quiet = RoundVariance(0.0001**2, 100)
    assert compare(*apart, quiet, 0.0025).low > 1
    floored = compare(*apart, quiet._replace(floor=math.log(1.02)), 0.0025)
    assert floored.low < 1 < floored.high
    assert floored.minimum_detectable > 1.02


def test_what_a_round_does_to_all_cells_is_no_noise():
    shift = [0.0, 0.3, -0.2]
    cells = [[base + step for step in shift] for base in (1.0, 2.0, 3.0)]
    assert in_common(cells).variance == pytest.approx(0, abs=1e-20)
    assert in_common(cells).degrees_of_freedom == 4
    assert pooled(cells).variance == pytest.approx(np.var(shift, ddof=1))
    odd = [*cells[:2], [3.03, 3.3, 2.77]]
    rests = (
        np.array(odd) - np.mean(odd, axis=1, keepdims=True) - np.mean(odd, axis=0) + np.mean(odd)
    )
    assert in_common(odd).variance == pytest.approx((rests**2).sum() / 4)
    assert in_common([[1.0, 2.0]]) == (0.0, 0, 0.0)


def test_one_round_each_says_nothing_of_chance():
    with pytest.raises(ValueError, match="one round each"):
        compare((1.0,), (2.0,), RoundVariance(0.0, 0), 0.01)
    with pytest.raises(ValueError, match="2 rounds of one file and 1"):
        compare_pairs((1.0, 1.0), (2.0,), 0.01)
