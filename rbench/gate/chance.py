"""How far a number may be off by chance: the quantiles that intervals are made of.

No statistics library: the gate starts in a fraction of a second.
"""

from __future__ import annotations

import math
from statistics import NormalDist

LARGE = 400
"""Degrees of freedom from which Student's distribution is taken for the normal one."""


def normal_quantile(tail: float) -> float:
    """What a standard normal number exceeds with the chance ``tail``."""
    return NormalDist().inv_cdf(1 - tail)


def student_quantile(tail: float, freedom: int) -> float:
    """What Student's t exceeds with the chance ``tail``, 0 < tail < 0.5, by bisection."""
    if freedom >= LARGE:
        return normal_quantile(tail)
    low, high = 0.0, 1.0
    while student_tail(high, freedom) > tail:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if student_tail(middle, freedom) > tail else (low, middle)
    return high


def student_tail(value: float, freedom: int) -> float:
    """The chance that Student's t exceeds ``value`` >= 0, for whole degrees of freedom.

    Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 1964, 26.7.3 and 26.7.4.
    """
    angle = math.atan2(value, math.sqrt(freedom))
    cosine, sine = math.cos(angle), math.sin(angle)
    odd = freedom % 2
    term = cosine if odd else 1.0
    total = 0.0
    for step in range(freedom // 2):
        total += term
        double = 2 * step + 1 + odd
        term *= cosine * cosine * double / (double + 1)
    inside = 2 / math.pi * (angle + sine * total) if odd else sine * total
    return max(0.0, (1 - inside) / 2)
