"""The recommendation: among the cells that are not told apart from the best within the limits, the
cheapest.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rbench.choose.numbers import NDCG, P50, SIZE, bench_of, finite, limits_of, usable
from rbench.choose.paired import gain
from rbench.errors import RbenchError
from rbench.records import Record, Run


class NoneKeeps(RbenchError):  # noqa: N818 - what was found, not a fault
    """No cell keeps the limits."""


class Choice(NamedTuple):
    """What is recommended of some cells, by their places among them."""

    best: int
    """The largest NDCG@10."""
    pick: int
    """The recommended one."""
    alike: tuple[int, ...]
    """The cells that were chosen among: not told from the best one, and on its bench."""
    timed: bool
    """Whether latency decided too: all of these have one."""


def cheapest(run: Run, records: Sequence[Record]) -> Choice:
    """Choose among cells with a usable NDCG@10, at least one.

    Cost is bytes times median latency; bytes alone where a latency is missing.
    """
    best = min(range(len(records)), key=lambda at: (*first(records[at]), at))
    champion = records[best]
    alike = tuple(
        at
        for at, one in enumerate(records)
        if bench_of(one) == bench_of(champion)
        and (at == best or not told_apart(run, one, champion))
    )
    timed = all(usable(records[at], P50) is not None for at in alike)

    def cost(at: int) -> tuple[float, float, float, int]:
        size, p50 = _or_last(usable(records[at], SIZE)), usable(records[at], P50)
        return size * (p50 or 0.0 if timed else 1.0), size, _or_last(p50), at

    return Choice(best, min(alike, key=cost), alike, timed)


def recommended(run: Run, limits: Mapping[str, float] | None = None) -> Record | None:
    """The record of the cell to ship; None where no cell has a usable NDCG@10.

    Args:
        limits: see `rbench.choose.LIMITS`; the study's own unless given.

    Raises:
        NoneKeeps: no cell keeps the limits; it names the nearest.
    """
    limits = limits_of(run.info.settings) if limits is None else limits
    records = [record for record in run.records if usable(record, NDCG) is not None]
    if not records:
        return None
    within = [record for record in records if kept(record, limits)]
    if not within:
        nearest = min(records, key=lambda record: (excess(record, limits), *first(record)))
        cell = nearest.cell
        said = ", ".join(f"{key} at most {most:,.10g}" for key, most in limits.items())
        raise NoneKeeps(
            f"no cell keeps the limits: {said}",
            where=str(run.folder),
            remedy=f"the nearest is {cell.encoder}/{cell.recipe} on {cell.target}",
        )
    return within[cheapest(run, within).pick]


def kept(record: Record, limits: Mapping[str, float]) -> bool:
    """Whether a cell keeps all limits; what was not measured does not keep one."""
    values = {key: usable(record, key) for key in limits}
    return all(value is not None and value <= limits[key] for key, value in values.items())


def excess(record: Record, limits: Mapping[str, float]) -> float:
    """The worst of a cell's values over their limits: at most 1 keeps them all."""
    values = {key: usable(record, key) for key in limits}
    shares = (math.inf if one is None else one / limits[key] for key, one in values.items())
    return max(shares, default=0.0)


def told_apart(run: Run, record: Record, best: Record) -> bool:
    """Whether a cell is worse than the best one: outside the best one's interval, or user by user
    where there are ranks.
    """
    known = best.quality.metrics.get(NDCG) if best.quality else None
    low = finite(known.low) if known else None
    if low is None or (usable(record, NDCG) or 0.0) < low:
        return True
    paired = gain(run, record, best)
    return paired is not None and paired.is_loss


def first(record: Record) -> tuple[float, float, float]:
    """Order of quality: largest NDCG@10 first; among equals the fastest, then the smallest."""
    return (
        -(usable(record, NDCG) or 0.0),
        _or_last(usable(record, P50)),
        _or_last(usable(record, SIZE)),
    )


def _or_last(value: float | None) -> float:
    return math.inf if value is None else value
