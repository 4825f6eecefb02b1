"""The significance rule: how sure a difference must be, and when it is one."""

from __future__ import annotations

from typing import Literal

ALPHA = 0.0025
"""Significance level: the probability, on each side, that equal things are called different; of one
question, or of all that are judged together."""
POWER = 0.95
"""Probability that a true difference of the minimum detectable size is found."""

Side = Literal["above", "below", ""]


def alpha_each(alpha: float, questions: int) -> float:
    """The significance level of each of several questions that are judged together (Bonferroni):
    the probability that any of them raises a false alarm stays below ``alpha``.
    """
    return alpha / max(1, questions)


def significant(interval: tuple[float, float], null: float = 0.0) -> Side:
    """On which side of the null value a whole interval lies; empty where it holds that value.

    Args:
        interval: its two ends; the true value lies beyond either with the probability alpha.
    """
    low, high = interval
    return "above" if low > null else "below" if high < null else ""
