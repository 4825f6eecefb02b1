"""From ranks and top lists to what a record holds: every metric's mean, with its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rbench.metrics.coverage import DEPTH
from rbench.metrics.found import FIRST, Measured, gains_of, measured
from rbench.metrics.metric import ListMetric, Lists, RankMetric
from rbench.records import Estimate
from rbench.stats import bootstrap_means, percentile_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rbench.metrics.metric import Gains


def depth() -> int:
    """How deep the lists must be for every metric."""
    return max([DEPTH, *(one.k for one in measured() if isinstance(one.metric, ListMetric))])


def estimates(ranks: NDArray[Any], lists: Lists, resamples: int, seed: int) -> dict[str, Estimate]:
    """Every metric's mean over users, with its 95 % percentile bootstrap interval.

    Users of one kind gain the same: those of the same rank, and for metrics of lists those of the
    same gain. Metrics of ranks share the resamples. The last digit of a sum depends on how many
    columns are summed at once: rbench's own are summed together, any other alone, so that what they
    are does not depend on what is installed beside them.

    Args:
        ranks: int ``(users,)``, at least one user; 0 where the target cannot be ranked.
        resamples: how often the users are drawn anew, with replacement.

    Raises:
        PluginError: a metric is broken.
    """
    import numpy as np

    known = list(measured())
    ours = [one for one in known if one.family in FIRST]
    theirs = [one for one in known if one.family not in FIRST and _of_ranks(one)]
    distinct, counts = np.unique(ranks, return_counts=True)
    found: dict[str, Estimate] = {}
    for asked in (ours, *([one] for one in theirs)):
        table = np.stack([gains_of(one, distinct) for one in asked], axis=-1)
        found |= _estimates(asked, table, counts, resamples, seed)
    for one in known:
        if not _of_ranks(one):
            values, users = np.unique(gains_of(one, lists), return_counts=True)
            found |= _estimates([one], values[:, None], users, resamples, seed)
    return {one.name: found[one.name] for one in known}


def estimate(name: str, ranks: NDArray[Any], resamples: int, seed: int) -> Estimate:
    """One of the metrics of ranks alone, as in `estimates`.

    Raises:
        PluginError: it is broken.
    """
    import numpy as np

    asked = next(one for one in measured([name.partition("@")[0]]) if one.name == name)
    distinct, counts = np.unique(ranks, return_counts=True)
    table = gains_of(asked, distinct)[:, None]
    return _estimates([asked], table, counts, resamples, seed)[name]


def _of_ranks(one: Measured) -> bool:
    return isinstance(one.metric, RankMetric)


def _estimates(
    asked: list[Measured], values: Gains, counts: NDArray[Any], resamples: int, seed: int
) -> dict[str, Estimate]:
    """Of the metrics whose gains stand in the columns, by kinds of users."""
    means = counts @ values / counts.sum()
    low, high = percentile_interval(bootstrap_means(values, counts, resamples, seed))
    return {
        one.name: Estimate(value=float(mean), low=float(lower), high=float(upper))
        for one, mean, lower, upper in zip(asked, means, low, high, strict=True)
    }
