"""Whether two cells of one run differ in time: the one answer that reports and programs give."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

from rbench.gate.latency import floor_on, noise_on, unlike, why_shaky
from rbench.records import Record, Run
from rbench.stats import ALPHA, significant
from rbench.stats.rounds import Ratio, RoundVariance, compare, minimum_detectable_ratio

Answer = Literal["different", "not told apart", "not comparable"]


class Told(NamedTuple):
    """What a run says of two of its cells."""

    answer: Answer
    ratio: Ratio | None = None
    """The first's time over the second's, its interval, and the smallest loss that would show."""
    floor: float = 0.0
    """Difference of a file from itself in this run, as a share; 0 where none was timed twice."""
    reason: str = ""
    """Why they cannot be compared."""

    def __str__(self) -> str:
        if self.ratio is None:
            return f"{self.answer}: {self.reason}"
        value, low, high, least = self.ratio
        return (
            f"{self.answer}: {value:.3f} times, from {low:.3f} to {high:.3f}; differences under "
            f"{least - 1:.1%} may go unseen"
        )


def tell(first: Record, second: Record, run: Run, alpha: float = ALPHA) -> Told:
    """Whether two cells of a run and a target differ beyond chance.

    Cells of unlike targets, unlike machines or runtimes, and timings that are not ``stable``, are
    not comparable.
    """
    if first.timing is None or second.timing is None:
        return Told("not comparable", reason="not timed")
    if first.cell.target != second.cell.target:
        return Told("not comparable", reason="timed on unlike targets")
    complaint = unlike(first, second)
    if complaint:
        return Told("not comparable", reason=complaint)
    target = first.cell.target
    medians = first.timing.round_medians_us, second.timing.round_medians_us
    answer, ratio = differ(*medians, noise_on(run, target), alpha)
    return Told(answer, ratio, math.expm1(floor_on(run, target)))


def resolution(run: Run, target: str, alpha: float = ALPHA) -> float | None:
    """The smallest difference between two of a run's cells on a target that `tell` finds, with the
    probability `rbench.stats.POWER`, as a share; what lies below may be noise. None where no two
    cells can be compared.
    """
    medians = [
        one.timing.round_medians_us
        for one in run.records
        if one.cell.target == target and one.timing and not why_shaky(one.timing)
    ]
    noise = noise_on(run, target)
    if not noise.degrees_of_freedom:
        return None
    return minimum_detectable_ratio(noise, min(map(len, medians)), alpha) - 1


def differ(
    mine: Sequence[float], theirs: Sequence[float], noise: RoundVariance, alpha: float = ALPHA
) -> tuple[Answer, Ratio]:
    """The same of bare round medians, two or more each."""
    ratio = compare(mine, theirs, noise, alpha)
    apart = significant((ratio.low, ratio.high), null=1)
    return "different" if apart else "not told apart", ratio
