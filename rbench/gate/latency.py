"""Latency limits: the ratio to a reference that was timed in the same run, and microseconds.

What rounds can say of two times is in `rbench.stats.rounds`. What they are too noisy to say is no
pass: a loss that the budget wants to see and the rounds could not have shown is not comparable.
"""

from __future__ import annotations

import math
from fnmatch import fnmatchcase

from rbench.cells.target import versions_of
from rbench.gate.amounts import percent
from rbench.gate.levels import Levels, Measure, Subject, at_most
from rbench.gate.rules import LatencyLimit
from rbench.gate.verdict import Finding
from rbench.records import Record, Run, Timing
from rbench.stats.rounds import Ratio, RoundVariance, compare, in_common, pooled

SHORTEST, LONGEST = 1e-6, 1e15
"""Microseconds that a query can take: a clock's tick is longer, a century shorter."""


def judge_ratio(
    limit: LatencyLimit, record: Record, run: Run, noise: RoundVariance, rule: str, alpha: float
) -> Finding:
    """Hold a cell's time to its reference's.

    Args:
        noise: of the run on the cell's target, see `noise_on`.
        alpha: significance level, at which what is just at the limit fails.
    """
    place = Subject(str(record.cell), "latency ratio", rule)
    if record.timing is None:
        return place.broken(_no_timing(record))
    reference, complaint = _reference(limit, record, run)
    if reference is None or reference.timing is None:
        return place.broken(complaint)
    complaint = complaint or unlike(record, reference)
    if complaint:
        return place.unlike(complaint)
    ratio = compare(record.timing.round_medians_us, reference.timing.round_medians_us, noise, alpha)
    about = f"times {reference.cell}, from {ratio.low:.3f} to {ratio.high:.3f}"
    measure = Measure(ratio.value, "ratio", times, (ratio.low, ratio.high), about)
    found = at_most(place, Levels(limit.warn_ratio, limit.max_ratio), measure)
    top = limit.max_ratio or limit.warn_ratio or math.inf
    return sighted(found, place, ratio, top, float(limit.must_see))


def judge_time(
    limit: LatencyLimit, record: Record, noise: RoundVariance, rule: str, alpha: float
) -> Finding:
    """Hold a cell's microseconds to a limit that holds on one machine."""
    place = Subject(str(record.cell), "latency", rule)
    timing = record.timing
    if timing is None:
        return place.broken(_no_timing(record))
    name = record.machine.name if record.machine else ""
    if not fnmatchcase(name, limit.machine):
        return place.unlike(
            f"timed on {name or 'an unknown machine'}, the limit is {limit.machine}'s"
        )
    complaint = _shaky(record)
    if complaint:
        return place.unlike(complaint)
    ratio = compare(timing.round_medians_us, (1.0,), noise, alpha)
    measure = Measure(ratio.value, "us", _us, (ratio.low, ratio.high))
    found = at_most(place, Levels(limit.warn_us, limit.max_us), measure)
    top = limit.max_us or limit.warn_us or math.inf
    return sighted(found, place, ratio, top, float(limit.must_see))


def _no_timing(record: Record) -> str:
    if record.check is None:
        return "its record has no timing"
    return (
        f"{record.cell.target} is checked against this host and never timed: no limit on latency "
        "can hold there, name the targets that are timed in the rule"
    )


def noise_on(run: Run, target: str) -> RoundVariance:
    """The noise on a target between cells of the same rounds, over all that can be trusted."""
    return in_common(_known(run, target))._replace(floor=floor_on(run, target))


def noise_alone(run: Run, target: str) -> RoundVariance:
    """The noise of one cell beside itself: what rounds do to all cells counts here."""
    return pooled(_known(run, target))._replace(floor=floor_on(run, target))


def _known(run: Run, target: str) -> list[list[float]]:
    timings = [one.timing for one in run.records if one.cell.target == target and one.timing]
    return [
        [math.log(median) for median in timing.round_medians_us]
        for timing in timings
        if not why_shaky(timing)
    ]


def floor_on(run: Run, target: str) -> float:
    """Logarithm of the ratio at which a file of this target was seen from itself; 0 where the run
    has timed none twice.
    """
    told = run.info.details.get("noise")
    found = told.get(target) if isinstance(told, dict) else None
    share = found.get("difference") if isinstance(found, dict) else None
    return math.log1p(share) if isinstance(share, float) and 0 <= share < math.inf else 0.0


def sighted(
    finding: Finding, place: Subject, ratio: Ratio, limit: float, must_see: float
) -> Finding:
    """The finding, unless it lets something pass that it could not have seen.

    Args:
        limit: the ratio from which on it fails.
        must_see: loss beyond the limit that has to be visible.
    """
    if finding.status != "pass" or ratio.high <= limit or ratio.minimum_detectable <= 1 + must_see:
        return finding
    return place.unlike(
        f"too noisy to see {percent(must_see)}: {finding.message}; a loss under "
        f"{percent(ratio.minimum_detectable - 1)} could have gone unseen (time in more rounds)"
    )


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


def unlike(record: Record, reference: Record) -> str:
    """Why two records' times cannot be compared; empty where they can."""
    for one in (record, reference):
        why = _shaky(one)
        if why:
            return why if one is record else f"the reference {reference.cell}: {why}"
    if not (_machine(record) and _machine(reference)):
        return "its record or its reference's does not say on which machine it was timed"
    if _machine(record) != _machine(reference):
        return "timed on another machine than its reference"
    for name in versions_of(record.cell.target):
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
    if timing.reasons:
        return f"its timing is called stable, and says: {'; '.join(timing.reasons)}"
    if len(timing.round_medians_us) < 2:
        return "timed in one round: chance cannot be told, 2 or more are needed"
    if any(not SHORTEST < median < LONGEST for median in timing.round_medians_us):
        return "a round's median is no time"
    return ""


def times(value: float) -> str:
    """A ratio for people."""
    return f"{value:.3f}"


def _us(value: float) -> str:
    return f"{value:.2f} us"
