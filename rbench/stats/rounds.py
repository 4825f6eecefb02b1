"""What rounds say of two times: their ratio, where that lies, and whether they differ at all.

Only round medians are compared. A round is a process of its own, and shuffled among those of the
other cells; how far rounds of one cell lie apart is what chance does. The thousands of samples
inside a round say next to nothing about that.

What a round did to all cells alike is taken out: cells of a run are compared round by round, as
are two files that were timed in turn. Three rounds know little of their own noise, so it is drawn
towards that of the run's other cells, as Smyth does for genes. Nothing is taken for different that
differs by less than a file did from itself, where the run has timed one as two cells.

Source: Smyth, Linear models and empirical Bayes methods, 2004, section 3.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rbench.stats.significance import POWER
from rbench.stats.students_t import normal_quantile, students_t_quantile

MOST_PRIOR_DEGREES = 6
"""Degrees of freedom that the other cells' rounds may weigh beside a pair's own: they are like it,
not it. With 6, a pair twice as noisy as the rest has about 1 % false alarms
(benchmarks/gate_power.py)."""
LARGEST = 300.0
"""Logarithm beyond which an interval is not drawn; e to it is still a number."""


class RoundVariance(NamedTuple):
    """How far the logarithms of round medians lie apart by chance."""

    variance: float
    degrees_of_freedom: int
    floor: float = 0.0
    """Logarithm of the ratio at which the run saw a file from itself."""


class Ratio(NamedTuple):
    """One time over another, and where that lies."""

    value: float
    low: float
    high: float
    minimum_detectable: float = math.inf
    """The smallest true ratio above 1 that such rounds show, with the probability `POWER`."""


NONE = RoundVariance(0.0, 0)
"""Nothing is known but the two cells' own rounds."""


def compare(
    mine: Sequence[float],
    theirs: Sequence[float],
    noise: RoundVariance,
    alpha: float,
    *,
    shared: bool = True,
) -> Ratio:
    """The ratio of two cells' times with its interval, from their rounds' medians.

    Args:
        mine, theirs: medians, one a round, in the same order; where one has more, they are taken
            for rounds that have nothing in common. One number is taken for exact.
        noise: of the whole run on this target: `in_common` of cells, `pooled` for one alone.
        alpha: probability that the interval lies wholly above the true ratio, and below it.
        shared: whether both were timed in the same rounds, as cells of one run are.
    """
    logs = [_logs(mine), _logs(theirs)]
    value = _mean(logs[0]) - _mean(logs[1])
    own = in_common(logs) if shared and len(mine) == len(theirs) else pooled(logs)
    prior = min(noise.degrees_of_freedom, MOST_PRIOR_DEGREES)
    degrees = prior + own.degrees_of_freedom
    if not degrees:
        raise ValueError("one round each: chance cannot be told")
    drawn = (prior * noise.variance + own.degrees_of_freedom * own.variance) / degrees
    share = sum(1 / len(rounds) for rounds in logs if len(rounds) > 1)
    error = math.sqrt(drawn * share)
    reach = min(max(students_t_quantile(alpha, degrees) * error, noise.floor), LARGEST)
    return Ratio(
        math.exp(value),
        math.exp(value - reach),
        math.exp(value + reach),
        math.exp(min(reach + normal_quantile(1 - POWER) * error, LARGEST)),
    )


def minimum_detectable_ratio(noise: RoundVariance, rounds: int, alpha: float) -> float:
    """The smallest ratio above 1 that two cells of a run show with the probability `POWER`, if they
    are as noisy as the others.

    Args:
        rounds: of each of the two.
    """
    error = math.sqrt(2 * noise.variance / rounds)
    degrees = min(noise.degrees_of_freedom, MOST_PRIOR_DEGREES) + rounds - 1
    reach = max(students_t_quantile(alpha, degrees) * error, noise.floor)
    return math.exp(min(reach + normal_quantile(1 - POWER) * error, LARGEST))


def compare_pairs(mine: Sequence[float], theirs: Sequence[float], alpha: float) -> Ratio:
    """The same for two files that were timed in turn, and nothing else: Student's t for pairs.

    Args:
        mine: median of each round; ``theirs`` of the same rounds, two or more.
    """
    if len(mine) != len(theirs):
        raise ValueError(f"{len(mine)} rounds of one file and {len(theirs)} of the other")
    return compare(mine, theirs, NONE, alpha)


def combined(*found: RoundVariance) -> RoundVariance:
    """One variance of several, each by its degrees of freedom; the largest floor of them."""
    degrees = sum(one.degrees_of_freedom for one in found)
    squares = sum(one.variance * one.degrees_of_freedom for one in found)
    floor = max((one.floor for one in found), default=0.0)
    return RoundVariance(squares / degrees if degrees else 0.0, degrees, floor)


def pooled(groups: Iterable[Sequence[float]]) -> RoundVariance:
    """The variance within groups; none of it where no group has two members."""
    squares, degrees = 0.0, 0
    for group in groups:
        middle = _mean(group)
        squares += sum((value - middle) ** 2 for value in group)
        degrees += len(group) - 1
    return RoundVariance(squares / degrees if degrees else 0.0, degrees)


def in_common(cells: Sequence[Sequence[float]]) -> RoundVariance:
    """The variance of cells' rounds beside what each round did to all of them alike.

    Args:
        cells: logarithms, one a round; those with as many rounds are looked at together.
    """
    squares, degrees = 0.0, 0
    for count in {len(cell) for cell in cells}:
        alike = [cell for cell in cells if len(cell) == count]
        if len(alike) < 2:
            continue
        shift = [_mean(column) for column in zip(*alike, strict=True)]
        rests = [[a - b for a, b in zip(cell, shift, strict=True)] for cell in alike]
        found = pooled(rests)
        squares += found.variance * found.degrees_of_freedom
        degrees += (len(alike) - 1) * (count - 1)
    return RoundVariance(squares / degrees if degrees else 0.0, degrees)


def _logs(times: Sequence[float]) -> list[float]:
    return [math.log(time) for time in times]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
