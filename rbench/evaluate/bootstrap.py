"""Intervals of means over users, by resampling the users."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbench.evaluate.metrics import METRICS, gains
from rbench.records import Estimate
from rbench.stats import bootstrap_means, percentile_interval


def estimates(ranks: NDArray[Any], resamples: int, seed: int) -> dict[str, Estimate]:
    """Every metric's mean over users, with its 95 % percentile bootstrap interval.

    Users of the same rank gain the same. All metrics share the resamples.

    Args:
        ranks: int ``(users,)``, at least one user; 0 where the target cannot be ranked.
        resamples: how often the users are drawn anew, with replacement.
    """
    distinct, counts = np.unique(ranks, return_counts=True)
    table = gains(distinct)
    means = counts @ table / len(ranks)
    low, high = percentile_interval(bootstrap_means(table, counts, resamples, seed))
    return {
        name: Estimate(value=float(mean), low=float(lower), high=float(upper))
        for name, mean, lower, upper in zip(METRICS, means, low, high, strict=True)
    }
