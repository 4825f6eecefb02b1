"""How well known is what is shown. Of all users together, without an interval, as coverage is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rbench.metrics.coverage import DEPTH
from rbench.metrics.metric import Lists

if TYPE_CHECKING:
    from numpy.typing import NDArray


def novelty(lists: Lists) -> float | None:
    """Mean surprise of the items in the users' ten best, in bits: ``-log2`` of an item's share of
    all training interactions (Zhou et al. 2010, "mean self-information"). None where nothing is
    shown.
    """
    import numpy as np

    counts = _shown(lists)
    if not len(counts):
        return None
    return float(np.mean(np.log2(lists.interactions[1:].sum()) - np.log2(counts)))


def popularity_lift(lists: Lists, targets: NDArray[Any]) -> float | None:
    """How popular is what the users' ten best hold, as a multiple of what they went on to: mean
    training interactions of the one over those of the other. 1: as people choose; above: the
    lists lean to what everybody knows. None where nothing is shown, or no target is known.

    Args:
        targets: int ``(users,)``; 0 is an item that training never saw.
    """
    import numpy as np

    counts, wanted = _shown(lists), lists.interactions[targets[targets > 0]]
    if not len(counts) or not wanted.sum():
        return None
    return float(np.mean(counts) / np.mean(wanted))


def _shown(lists: Lists) -> NDArray[Any]:
    """Training interactions of every item that is shown; those without any tell nothing."""
    items = lists.items[:, :DEPTH]
    counts = lists.interactions[items[items > 0]]
    known: NDArray[Any] = counts[counts > 0]
    return known
