"""Pooling rounds of a tool that tells sums of its samples, never the samples.

Runs, mean, standard deviation, minimum and maximum of all rounds follow from those of each.
Quantiles do not: what is given as the cell's median or 95 % quantile is the median over its
rounds', and what no round tells is left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from statistics import fmean, median
from typing import Any

import msgspec

from rbench.cells.target import Target
from rbench.errors import StageError
from rbench.profile import verdict
from rbench.profile.result import TIMED, Aggregate, Round
from rbench.profile.settings import ProfileSettings
from rbench.records import Stability, Timing

WIDTH = 2.44 * verdict.QUARTILES_SPREAD
"""Distance between the 5 % and the 95 % quantile over the median: the limit for quartiles, as far
apart as the two pairs lie under a normal law."""
COARSE = 0.1
"""Step of the tool's clock over the median."""
HEAVY = 1.25
"""Mean over the median, beyond which the mean of a round is that of a few runs."""
SLACK = 1e-5
"""What six digits may move a mean by, relative."""


def pool(
    settings: ProfileSettings, target: Target, rounds: Sequence[Round], doubts: Sequence[str] = ()
) -> Timing:
    """Sum up a cell and judge it.

    Args:
        doubts: reasons of the tool's own against the rounds.

    Raises:
        StageError: some rounds have samples and some have none, or are of another tool.
    """
    parts = [round_.aggregate for round_ in rounds if round_.aggregate]
    if len(parts) < len(rounds) or len({round_.runtime for round_ in rounds}) > 1:
        raise StageError("the rounds are of unlike tools", where=str(target))
    if len({round_.machine and round_.machine.identity for round_ in rounds}) > 1:
        raise StageError("the rounds are of unlike devices", where=str(target))
    runs = sum(round_.runs for round_ in rounds)
    if not runs:
        raise StageError("no run was timed", where=str(target))
    weights = [round_.runs / runs for round_ in rounds]
    mean = sum(weight * part.mean_us for weight, part in zip(weights, parts, strict=True))
    square = sum(
        weight * (part.std_us**2 + (part.mean_us - mean) ** 2)
        for weight, part in zip(weights, parts, strict=True)
    )
    tails = [part.p95_us for part in parts if part.p95_us is not None]
    judged, reasons = _judge(settings, target, rounds, parts, doubts)
    return Timing(
        verdict=judged,
        reasons=reasons,
        rounds=len(rounds),
        runs=runs,
        timed=rounds[0].timed,
        median_us=median(round_.median_us for round_ in rounds),
        mean_us=mean,
        std_us=math.sqrt(square),
        min_us=min(part.min_us for part in parts),
        p95_us=median(tails) if len(tails) == len(parts) else None,
        round_medians_us=tuple(round_.median_us for round_ in rounds),
        load_us=median(round_.load_us for round_ in rounds),
        first_us=median(round_.first_us for round_ in rounds),
        peak_memory_bytes=max(round_.peak_memory_bytes for round_ in rounds),
        ops_us=_ops(rounds),
        details=_details(rounds, parts),
    )


def _judge(
    settings: ProfileSettings,
    target: Target,
    rounds: Sequence[Round],
    parts: Sequence[Aggregate],
    doubts: Sequence[str],
) -> tuple[Stability, tuple[str, ...]]:
    runs = sum(round_.runs for round_ in rounds)
    pairs = zip(rounds, parts, strict=True)
    seconds = sum(round_.runs * part.mean_us for round_, part in pairs) / 1e6
    wrong = (*_no_times(parts), *verdict.unlike(rounds))
    shaky = (*verdict.simulated(rounds),) or (
        *verdict.short(settings, len(rounds), runs, seconds * (1 + parts[0].slack)),
        *verdict.disagreement([1000 * round_.median_us for round_ in rounds]),
        *verdict.worst(_width(r, part) for r, part in zip(rounds, parts, strict=True)),
        *_coarse(rounds, parts),
        *_even(rounds, parts),
        *verdict.worst(_heavy(r, part) for r, part in zip(rounds, parts, strict=True)),
        *verdict.crowded(target, rounds),
        *doubts,
    )
    if wrong:
        return "invalid", wrong + shaky
    return ("unstable", shaky) if shaky else ("stable", ())


def _width(round_: Round, part: Aggregate) -> verdict.Finding:
    if part.p5_us is None or part.p95_us is None:
        return None
    width = part.p95_us - part.p5_us
    if width <= WIDTH * round_.median_us + part.resolution_us:
        return None
    return width, (
        f"round {round_.number} is wide: 90 % of its runs took {part.p5_us:g} to "
        f"{part.p95_us:g} us (at most {WIDTH:.0%} of the median, {round_.median_us:g} us)"
    )


def _no_times(parts: Sequence[Aggregate]) -> Iterator[str]:
    for part in parts:
        told = (part.mean_us, part.min_us, part.max_us, part.std_us)
        fits = part.min_us <= part.mean_us * (1 + SLACK) and part.mean_us <= part.max_us * (
            1 + SLACK
        )
        if not (all(0 <= value < math.inf for value in told) and part.mean_us > 0 and fits):
            yield (
                f"a round's mean of {part.mean_us:g} us between {part.min_us:g} and "
                f"{part.max_us:g} us is no time"
            )
            return


def _coarse(rounds: Sequence[Round], parts: Sequence[Aggregate]) -> Iterator[str]:
    """By the fastest round: on a busy machine the others are slow enough to seem fine."""
    step = max(part.resolution_us for part in parts)
    fastest = min(round_.median_us for round_ in rounds)
    if step > COARSE * fastest:
        yield (
            f"the tool counts in steps of {step:g} us, a query takes {fastest:g} us: "
            "the mean says more than the median"
        )


def _even(rounds: Sequence[Round], parts: Sequence[Aggregate]) -> Iterator[str]:
    for round_, part in zip(rounds, parts, strict=True):
        many = round_.runs >= verdict.FEWEST_FOR_DRIFT
        if many and part.min_us == part.max_us > part.resolution_us / COARSE:
            yield (
                f"all {round_.runs:,} runs of round {round_.number} took {part.min_us:g} us: no "
                "machine is so even"
            )
            return


def _heavy(round_: Round, part: Aggregate) -> verdict.Finding:
    """Whether a few runs, or one step of the clock, carry the mean."""
    top = max(part.p95_us or 0.0, HEAVY * round_.median_us)
    if part.mean_us <= top + part.resolution_us:
        return None
    return part.mean_us / top, (
        f"a few runs carry the mean of round {round_.number}: it is {part.mean_us:g} us, the "
        f"median {round_.median_us:g}, the longest run {part.max_us:g}"
    )


def _ops(rounds: Sequence[Round]) -> dict[str, float]:
    """Means over the rounds; an operator that a round has not took nothing there."""
    names = sorted({name for round_ in rounds for name in round_.ops_us})
    return {
        name: round(fmean(round_.ops_us.get(name, 0.0) for round_ in rounds), 6) for name in names
    }


def _details(rounds: Sequence[Round], parts: Sequence[Aggregate]) -> dict[str, Any]:
    """What does not fit a record's fields but explains its numbers."""
    return {
        "timed": rounds[0].said or TIMED[rounds[0].timed],
        "runtime": rounds[0].runtime,
        "source": sorted({part.source for part in parts}),
        "pooled": "median_us and p95_us are medians over the rounds'; mean_us and std_us are exact",
        "resolution_us": max(part.resolution_us for part in parts),
        "max_us": max(part.max_us for part in parts),
        "ops": parts[0].ops,
        "subgraphs": rounds[0].subgraphs,
        "contexts": len({round_.offset for round_ in rounds}),
        "memory_source": rounds[0].memory_source,
        "warmup_runs": [round_.warmup_runs for round_ in rounds],
        "surroundings": [msgspec.to_builtins(round_.surroundings) for round_ in rounds],
    }
