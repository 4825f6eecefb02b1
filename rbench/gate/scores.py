"""Scores as records, ranks and baselines tell them, held against each other before use."""

from __future__ import annotations

from rbench.gate.against import Against, Made, filtered_of
from rbench.gate.baseline import Mark
from rbench.metrics.found import gains
from rbench.records import Estimate, Run
from rbench.records.artefacts import read_ranks

SAME = 1e-6
"""How far a record's score may lie from what its ranks say: floats are added up in any order."""


NOTHING = 1e-30
"""A score that is less is 0 for all that is divided by it; no log has users for one."""


def score_of(metric: str, made: Made, run: Run) -> tuple[Estimate | None, str]:
    """A record's score, or none and why it is none: what no mean over users can be, or what the
    users' ranks say otherwise, where they are at hand.
    """
    found = made.quality.metrics.get(metric) if made.quality else None
    if found is None:
        return None, f"its record has no {metric}"
    if not is_score(found):
        return None, f"its record's {metric} is no score: {_said(found)}"
    ranks = read_ranks(run, made.quality)
    if ranks.broken:
        return None, f"its ranks cannot be judged: {ranks.missing}"
    gained = None if ranks.values is None else gains(metric, ranks.values)
    mean = found.value if gained is None else float(gained.mean())
    if abs(mean - found.value) > SAME:
        return None, f"its record says {found.value:.6g}, its users' ranks {mean:.6g}"
    return found, ""


def is_score(found: Estimate) -> bool:
    """Whether an estimate can be the mean of what users gained, 0 to 1 each."""
    return 0 <= found.low <= found.high <= 1 and 0 <= found.value <= 1


def _said(found: Estimate) -> str:
    return f"{found.value:g}, from {found.low:g} to {found.high:g}"


def before_of(
    metric: str, made: Made, run: Run, against: Against | None
) -> tuple[Estimate | None, str]:
    """The baseline's score, or none and why it cannot be compared with."""
    if against is None:
        return None, "no baseline: name one with --against"
    mark = against.baseline.models.get(made.subject)
    old = mark.quality.get(metric) if mark else None
    if mark is None or old is None:
        return None, f"{metric} is not in the baseline"
    complaint = _unlike(made, run, mark, against)
    if not complaint and not is_score(old):
        complaint = f"the baseline's {metric} is no score: {_said(old)}"
    if not complaint and old.value < NOTHING:
        complaint = f"the baseline's {metric} is 0"
    return (None, complaint) if complaint else (old, "")


def _unlike(made: Made, run: Run, mark: Mark, against: Against) -> str:
    """Why a run and its baseline do not ask the same; empty where they do."""
    if not made.record.data or mark.data != made.record.data:
        return "scored on another split of the data than the baseline"
    ranking, before = filtered_of(run), against.baseline.filtered
    if None in (ranking, before) or ranking == before:
        return ""
    here, there = ("filtered" if one else "not filtered" for one in (ranking, before))
    return f"the history is {here} here, and was {there} in the baseline"
