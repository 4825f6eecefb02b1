"""Differences of cells: latency by rounds, the delegate's nodes by count, and their state."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

from rbench.compare.comparability import timed_alike
from rbench.compare.comparison import Difference
from rbench.compare.files import Pair, Uncertain, exact, verdict_of, without
from rbench.gate.latency import noise_alone, why_shaky
from rbench.records import Record, Run, Timing
from rbench.stats.rounds import RoundVariance, combined, compare

GRADES = {"failed": 0, "skipped": 0, "unsupported": 1, "ok": 2}
"""State -> how good it is to be in it."""


def state(pair: Pair) -> Iterator[Difference]:
    """A cell that works in one run and not in the other."""
    old, new = pair.before, pair.after
    grades = GRADES[old.state], GRADES[new.state]
    if grades[0] != grades[1]:
        why = "; ".join(one.reason for one in (old, new) if one.state != "ok" and one.reason)
        reason = f"{old.state}, then {new.state}" + (f": {why}" if why else "")
        yield pair.says("state", "", exact(*grades, better=1), reason=reason)


def noise_of(before: Run, after: Run, target: str) -> RoundVariance:
    """How far rounds lie apart on a target, over both runs. What a round did to all cells is in it:
    the rounds of two runs have nothing in common.
    """
    return combined(*(noise_alone(run, target) for run in (before, after)))


def latency(pair: Pair, noise: RoundVariance) -> Iterator[Difference | Uncertain]:
    """The median of one query."""
    old, new = pair.before.timing, pair.after.timing
    if pair.before.check and pair.after.check:
        return  # neither is ever timed
    numbers = [one.median_us if one else None for one in (old, new)]
    if old is None or new is None:
        missing = without(pair, "not timed", old is not None, new is not None)
        yield pair.unlike("latency", "us", missing, numbers)
        return
    complaint = timed_alike(pair.before, pair.after) or _shaky(pair)
    if complaint:
        yield pair.unlike("latency", "us", complaint, numbers)
    else:
        yield partial(_latency, pair, (old, new), noise)


def _latency(
    pair: Pair, timings: tuple[Timing, Timing], noise: RoundVariance, alpha: float
) -> Difference:
    old, new = timings
    try:
        ratio = compare(new.round_medians_us, old.round_medians_us, noise, alpha, shared=False)
    except OverflowError:
        return pair.unlike("latency", "us", "times that lie too far apart to be times")
    verdict = verdict_of((ratio.low, ratio.high), null=1)
    rounds = " and ".join(str(len(one.round_medians_us)) for one in timings)
    same = pair.before.model and pair.after.model and _sha(pair.before) == _sha(pair.after)
    return pair.says(
        "latency",
        "us",
        verdict,
        [one.median_us for one in timings],
        (ratio.low - 1, ratio.high - 1),
        f"medians of {rounds} rounds" + ("; the file is the same" if same else ""),
        change=ratio.value - 1,
        visible=_finite(ratio.minimum_detectable - 1),
    )


def _finite(value: float) -> float | None:
    """The value, if one can write it down."""
    return value if math.isfinite(value) else None


def _sha(record: Record) -> str:
    return record.model.sha256 if record.model else ""


def _shaky(pair: Pair) -> str:
    for name, record in (("A", pair.before), ("B", pair.after)):
        if record.delegation and record.delegation.software:
            return f"in {name}: ran on a GPU that the CPU simulates, which is no latency"
        why = why_shaky(record.timing) if record.timing else "not timed"
        if why:
            return f"in {name}: {why}"
    return ""


def delegated(pair: Pair) -> Iterator[Difference]:
    """How many nodes the delegate left to the plain kernels; exact, and told only if it changed."""
    old, new = pair.before.delegation, pair.after.delegation
    if old is None or new is None or old.delegate != new.delegate:
        return
    left = [one.nodes_total - one.nodes_delegated for one in (old, new)]
    if left[0] != left[1]:
        reason = (
            f"{old.nodes_delegated} of {old.nodes_total} nodes delegated, then "
            f"{new.nodes_delegated} of {new.nodes_total}; counted are those left behind"
        )
        yield pair.says("not delegated", "nodes", exact(left[0], left[1]), left, reason=reason)
