"""Quantiles and tails of the normal distribution and of Student's t.

No statistics library: the gate starts in a fraction of a second.
"""

from __future__ import annotations

import math
from statistics import NormalDist

LARGE = 400
"""Degrees of freedom from which Student's t is taken for the normal distribution."""


def normal_quantile(alpha: float) -> float:
    """What a standard normal number exceeds with the probability ``alpha``."""
    return NormalDist().inv_cdf(1 - alpha)


def students_t_quantile(alpha: float, degrees_of_freedom: int) -> float:
    """What Student's t exceeds with the probability ``alpha``, 0 < alpha < 0.5, by bisection."""
    if degrees_of_freedom >= LARGE:
        return normal_quantile(alpha)
    low, high = 0.0, 1.0
    while students_t_tail(high, degrees_of_freedom) > alpha:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        above = students_t_tail(middle, degrees_of_freedom) > alpha
        low, high = (middle, high) if above else (low, middle)
    return high


def students_t_tail(value: float, degrees_of_freedom: int) -> float:
    """The probability that Student's t exceeds ``value`` >= 0, for whole degrees of freedom.

    Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 1964, 26.7.3 and 26.7.4.
    """
    angle = math.atan2(value, math.sqrt(degrees_of_freedom))
    cosine, sine = math.cos(angle), math.sin(angle)
    odd = degrees_of_freedom % 2
    term = cosine if odd else 1.0
    total = 0.0
    for step in range(degrees_of_freedom // 2):
        total += term
        double = 2 * step + 1 + odd
        term *= cosine * cosine * double / (double + 1)
    inside = 2 / math.pi * (angle + sine * total) if odd else sine * total
    return max(0.0, (1 - inside) / 2)
