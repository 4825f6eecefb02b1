"""Quantiles and tails, against scipy's."""

import pytest
from scipy import stats

from rbench.stats import normal_quantile, students_t_quantile, students_t_tail


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 8, 21, 24, 99, 399])
@pytest.mark.parametrize("tail", [0.1, 0.0025, 0.0025 / 80, 1e-7])
def test_student_s_quantiles(freedom, tail):
    assert students_t_quantile(tail, freedom) == pytest.approx(stats.t.isf(tail, freedom), rel=1e-5)
    assert students_t_tail(2.0, freedom) == pytest.approx(stats.t.sf(2.0, freedom), rel=1e-9)


def test_many_degrees_of_freedom_are_the_normal_distribution():
    assert students_t_quantile(0.01, 10**6) == normal_quantile(0.01)
    assert normal_quantile(0.025) == pytest.approx(1.959964, abs=1e-6)
