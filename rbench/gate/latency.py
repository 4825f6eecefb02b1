"""Latency limits: the ratio to a reference that was timed in the same run, and microseconds.

Only round medians are compared. A round is a process of its own, minutes from the next one of its
cell, and shuffled among those of the other cells; how far rounds of one cell lie apart is what
chance does. The thousands of samples inside a round say next to nothing about that.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from rbench.gate.chance import student_quantile
from rbench.gate.levels import Levels, Measure, Place, at_most
from rbench.gate.rules import LatencyLimit
from rbench.gate.verdict import Finding
from rbench.records import Record, Run, Timing

RUNTIMES = ("ai-edge-litert", "benchmark_model")
"""Libraries whose version must be equal for two times to be comparable."""
MOST_FREEDOM = 20
"""What the other cells' rounds may weigh beside a cell's own: they are like it, not it."""


class Noise(NamedTuple):
    """How far the logarithms of round medians lie apart by chance."""

    variance: float
    freedom: int


class Ratio(NamedTuple):
    """One time over another, and where that lies."""

    value: float
    low: float
    high: float


def judge_ratio(
    limit: LatencyLimit, record: Record, run: Run, noise: Noise, rule: str, tail: float
) -> Finding:
    """Hold a cell's time to its reference's.

    Args:
        noise: of the run on the cell's target, see `noise_on`.
        tail: chance that what is just at the limit fails.
    """
    place = Place(str(record.cell), "latency ratio", rule)
    if record.timing is None:
        return place.broken("its record has no timing")
    reference, complaint = _reference(limit, record, run)
    if reference is None or reference.timing is None:
        return place.broken(complaint)
    complaint = complaint or _unlike(record, reference)
    if complaint:
        return place.unlike(complaint)
    ratio = compare(record.timing.round_medians_us, reference.timing.round_medians_us, noise, tail)
    about = f"times {reference.cell}, from {ratio.low:.3f} to {ratio.high:.3f}"
    measure = Measure(ratio.value, "ratio", times, (ratio.low, ratio.high), about)
    return at_most(place, Levels(limit.warn_ratio, limit.max_ratio), measure)


def judge_time(
    limit: LatencyLimit, record: Record, noise: Noise, rule: str, tail: float
) -> Finding:
    """Hold a cell's microseconds to a limit that holds on one machine."""
    place = Place(str(record.cell), "latency", rule)
    timing = record.timing
    if timing is None:
        return place.broken("its record has no timing")
    name = record.machine.name if record.machine else ""
    if not fnmatchcase(name, limit.machine):
        return place.unlike(
            f"timed on {name or 'an unknown machine'}, the limit is {limit.machine}'s"
        )
    complaint = _shaky(record)
    if complaint:
        return place.unlike(complaint)
    ratio = compare(timing.round_medians_us, (1.0,), noise, tail)
    measure = Measure(ratio.value, "us", _us, (ratio.low, ratio.high))
    return at_most(place, Levels(limit.warn_us, limit.max_us), measure)


def compare(mine: Sequence[float], theirs: Sequence[float], noise: Noise, tail: float) -> Ratio:
    """The ratio of two cells' times with its interval, from their rounds' medians.

    Logarithms of medians are compared by Student's t. Three rounds know little of their own
    noise, so it is drawn towards that of the run's other cells, as Smyth does for genes; where a
    cell is noisier than that, its own noise counts.

    Args:
        theirs: one number is taken for exact.
        noise: of the whole run, on this target.

    Source: Smyth, Linear models and empirical Bayes methods, 2004, section 3.
    """
    logs = [_logs(mine), _logs(theirs)]
    value = _mean(logs[0]) - _mean(logs[1])
    own = pooled(logs)
    prior = min(noise.freedom, MOST_FREEDOM)
    freedom = prior + own.freedom
    drawn = (prior * noise.variance + own.freedom * own.variance) / freedom
    variance = max(own.variance, drawn)
    share = sum(1 / len(rounds) for rounds in logs if len(rounds) > 1)
    reach = student_quantile(tail, freedom) * math.sqrt(variance * share)
    return Ratio(math.exp(value), math.exp(value - reach), math.exp(value + reach))


def compare_pairs(mine: Sequence[float], theirs: Sequence[float], tail: float) -> Ratio:
    """The same for two files that were timed in the same rounds, one right after the other.

    What a round did to both is taken out: Student's t for pairs.

    Args:
        mine: median of each round; ``theirs`` of the same rounds, two or more.
    """
    apart = [a - b for a, b in zip(_logs(mine), _logs(theirs), strict=True)]
    value, noise = _mean(apart), pooled([apart])
    reach = student_quantile(tail, noise.freedom) * math.sqrt(noise.variance / len(apart))
    return Ratio(math.exp(value), math.exp(value - reach), math.exp(value + reach))


def noise_on(run: Run, target: str) -> Noise:
    """The noise between rounds on a target, over all cells that can be trusted."""
    timings = [one.timing for one in run.records if one.cell.target == target and one.timing]
    return pooled(_logs(timing.round_medians_us) for timing in timings if not why_shaky(timing))


def pooled(groups: Iterable[Sequence[float]]) -> Noise:
    """The variance within groups; none of it where no group has two members."""
    squares, freedom = 0.0, 0
    for group in groups:
        middle = _mean(group)
        squares += sum((value - middle) ** 2 for value in group)
        freedom += len(group) - 1
    return Noise(squares / freedom if freedom else 0.0, freedom)


def _logs(times: Sequence[float]) -> list[float]:
    return [math.log(time) for time in times]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _reference(limit: LatencyLimit, record: Record, run: Run) -> tuple[Record | None, str]:
    if limit.reference is None:
        return None, "no reference is named"
    encoder = limit.reference.encoder or record.cell.encoder
    recipe = limit.reference.recipe or record.cell.recipe
    name = f"{encoder} x {recipe} x {record.cell.target}"
    found = next((one for one in run.records if str(one.cell) == name), None)
    if found is None:
        return None, f"the reference {name} is not in this run"
    if found.state == "unsupported":
        return record, f"the reference {name} is unsupported"
    if found.state != "ok" or found.timing is None:
        return None, f"the reference {name} has no timing"
    return found, ""


def _unlike(record: Record, reference: Record) -> str:
    for one in (record, reference):
        why = _shaky(one)
        if why:
            return why if one is record else f"the reference {reference.cell}: {why}"
    if _machine(record) != _machine(reference):
        return "timed on another machine than its reference"
    for name in RUNTIMES:
        if record.versions.get(name) != reference.versions.get(name):
            return f"timed with another version of {name} than its reference"
    return ""


def _machine(record: Record) -> str:
    return record.machine.identity if record.machine else ""


def _shaky(record: Record) -> str:
    return why_shaky(record.timing) if record.timing else "not timed"


def why_shaky(timing: Timing) -> str:
    """Why a timing cannot be compared with any other; empty where it can."""
    if timing.verdict != "stable":
        return f"its timing is {timing.verdict}: {'; '.join(timing.reasons) or 'no reason given'}"
    if len(timing.round_medians_us) < 2:
        return "timed in one round: chance cannot be told, 2 or more are needed"
    if any(not 0 < median < math.inf for median in timing.round_medians_us):
        return "a round's median is no time"
    return ""


def times(value: float) -> str:
    """A ratio for people."""
    return f"{value:.3f}"


def _us(value: float) -> str:
    return f"{value:.2f} us"
