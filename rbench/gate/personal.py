"""Limits on what a file does for one user: how much a tap saves, and what learning is worth."""

from __future__ import annotations

import math

from rbench.gate.against import Made
from rbench.gate.latency import times, why_shaky
from rbench.gate.levels import Levels, Measure, Subject, at_least, at_most
from rbench.gate.quality import score
from rbench.gate.rules import LearningLimit, TapLimit
from rbench.gate.verdict import Finding
from rbench.records import Record

LEARNING, TAP = "learning", "tap ratio"


def judge_learning(limit: LearningLimit, made: Made, rule: str) -> Finding:
    """Hold what learning adds to the NDCG@10 of the next tap to a floor, by its paired interval.

    It is that of users whom training has met, with rates that others chose; of new users where the
    split has no others.
    """
    place = Subject(made.subject, LEARNING, rule)
    stream = made.quality.stream if made.quality else None
    gain = (stream.known or stream.new) if stream else None
    if gain is None:
        said = made.model.census.get("personal")
        reason = said.get("reason") if isinstance(said, dict) else None
        why = f": {reason}" if isinstance(reason, str) else ""
        return place.unlike(f"its record has no stream of taps{why}")
    numbers = (gain.learning - gain.frozen, gain.low, gain.high)
    if not all(map(math.isfinite, numbers)) or gain.low > gain.high:
        return place.broken("its record's stream of taps has no such numbers")
    about = f"more NDCG@10 by learning ({gain.users:,} users, {gain.taps:,} taps)"
    measure = Measure(numbers[0], "score", score, (gain.low, gain.high), about)
    return at_least(place, Levels(limit.warn, limit.min), measure)


def judge_tap(limit: TapLimit, record: Record, rule: str) -> Finding:
    """Hold the time of a tap to a share of that of the whole context; beyond chance is what holds
    in every round.
    """
    place = Subject(str(record.cell), TAP, rule)
    timing = record.timing
    if timing is None or timing.tap is None:
        return place.unlike("no tap was timed in its record")
    if shaky := why_shaky(timing):
        return place.unlike(shaky)
    whole, taps = timing.round_medians_us, timing.tap.round_medians_us
    known = (timing.tap.ratio, *whole, *taps)
    if len(whole) != len(taps) or not all(math.isfinite(one) and one > 0 for one in known):
        return place.broken("its record's times of a tap are no such numbers")
    ratios = [tap / one for one, tap in zip(whole, taps, strict=True)]
    interval = (min(ratios), max(ratios)) if ratios else None
    measure = Measure(timing.tap.ratio, "ratio", times, interval, "of the whole context's time")
    return at_most(place, Levels(limit.warn_ratio, limit.max_ratio), measure)
