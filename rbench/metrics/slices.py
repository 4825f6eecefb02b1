"""The same gains for some of the users: who is new here, who asks for what few know.

A slice is a quarter of the users, or a little more where many are alike: those with the shortest
and the longest histories, and those whose target occurs least and most often in the training.
Targets that training never saw belong to neither of the latter two: nothing can rank them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from rbench.metrics.estimates import estimate
from rbench.metrics.found import HEADLINE
from rbench.records import Slice

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUARTER = 0.25


class Kind(NamedTuple):
    """What users are sliced by."""

    low: str
    """Name of the quarter with the smallest values."""
    high: str
    """Of that with the largest."""


HISTORIES = Kind("short_histories", "long_histories")
TARGETS = Kind("rare_targets", "popular_targets")


def slices(
    ranks: NDArray[Any],
    lengths: NDArray[Any],
    popularity: NDArray[Any],
    resamples: int,
    seed: int,
) -> dict[str, Slice]:
    """Name of the slice -> what it comes to. Where all users are alike there are no slices.

    Args:
        ranks: int ``(users,)``; 0 where the target cannot be ranked.
        lengths: int ``(users,)``: items in their histories.
        popularity: int ``(users,)``: how often their targets occur in training; 0: never.
        resamples: as in `rbench.metrics.estimates.estimates`.

    Raises:
        PluginError: a metric is broken.
    """
    import numpy as np

    found = {}
    for kind, values in ((HISTORIES, lengths), (TARGETS, popularity)):
        known = values[values > 0]
        if not len(known):
            continue
        low, high = np.quantile(known, (QUARTER, 1 - QUARTER), method="nearest")
        if low >= high:
            continue
        for name, bound, chosen in (
            (kind.low, low, (values > 0) & (values <= low)),
            (kind.high, high, values >= high),
        ):
            found[name] = Slice(
                users=int(chosen.sum()),
                bound=int(bound),
                ndcg=estimate(HEADLINE[0], ranks[chosen], resamples, seed),
            )
    return found
