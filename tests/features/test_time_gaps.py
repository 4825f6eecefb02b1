"""Gaps between items and to now, in bins that are the same in training, on disk and on a device."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbench.features.time_gaps import TimeGaps
from rbench.testing import FeatureContract

pytest.importorskip("tf_keras", reason="drawing a graph needs rbench[sweep]")


class TestTimeGaps(FeatureContract):
    feature = TimeGaps(bins=4)


def test_ages_are_seconds_before_now():
    ages = TimeGaps().values(np.array([100, 160, 1000]), 1060)
    assert ages.tolist() == [960, 900, 60]
    assert ages.dtype == np.int32


def test_a_future_is_now_and_the_oldest_that_int32_holds_is_the_oldest():
    assert TimeGaps().values(np.array([0, 2000]), 1000).tolist() == [1000, 0]
    assert TimeGaps().values(np.array([0]), 10**11).tolist() == [2**31 - 1]


def test_bounds_lie_evenly_in_logarithms_from_a_minute_to_half_a_year():
    bounds = TimeGaps().bounds
    assert (bounds[0], bounds[-1], len(bounds)) == (60, 15_552_000, 7)
    steps = np.diff(np.log(bounds))
    assert np.allclose(steps, steps[0], atol=1e-2)


@given(st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=9), st.integers(2, 12))
def test_bins_are_counted_as_numpy_counts_them(ages, bins):
    from rbench.layers import Gaps

    bounds = TimeGaps(bins=bins).bounds
    ages = np.array(sorted(ages, reverse=True), np.int32)
    gaps = ages - np.append(ages[1:], 0)
    found = np.asarray(Gaps(bounds)(ages[None]))
    assert found.tolist() == np.searchsorted(bounds, gaps, side="right").tolist()


def test_ages_that_grow_are_no_gap():
    from rbench.layers import Gaps

    assert np.asarray(Gaps((60, 100))(np.array([[0, 5000, 70]], np.int32))).tolist() == [0, 2, 1]


@pytest.mark.parametrize("bins", [0, 1, 65])
def test_bins_are_from_2_to_64(bins):
    with pytest.raises(ValueError, match="from 2 to 64"):
        TimeGaps(bins=bins)
