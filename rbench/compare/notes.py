"""What a reader of a comparison should know beside its differences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from rbench.compare.comparison import Difference
from rbench.gate.amounts import percent
from rbench.records import Record, Run
from rbench.records.caveats import gaps, notes_of

SHARED = 3
"""Cells on a target from which a change that all have in common is worth a word."""


def notes(before: Run, after: Run, differences: Sequence[Difference]) -> Iterator[str]:
    """What is missing in the runs, what their scores cannot say, and whether it was the machine
    that changed.
    """
    yield from _said(gaps(before), gaps(after))
    yield from _said(notes_of(before), notes_of(after))
    yield from _shared(differences)
    yield from _same_files(before, after, differences)


def _said(before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    """What is said of both runs once, of one with its name."""
    yield from (f"in A and in B: {note}" for note in before if note in after)
    yield from (f"in A: {note}" for note in before if note not in after)
    yield from (f"in B: {note}" for note in after if note not in before)


def _shared(differences: Sequence[Difference]) -> Iterator[str]:
    """Cells of unlike models that all moved the same way say more of the machine."""
    timed = [one for one in differences if one.metric == "latency" and one.change is not None]
    for target in dict.fromkeys(one.target for one in timed):
        here = [one for one in timed if one.target == target]
        moved = {one.verdict for one in here}
        if len(here) >= SHARED and moved in ({"worse"}, {"better"}):
            typical = percent(median(one.change or 0.0 for one in here), sign=True)
            yield (
                f"all {len(here)} latencies on {target} are {moved.pop()}, {typical} in the "
                "median: more likely the machine changed than every model"
            )


def _same_files(before: Run, after: Run, differences: Sequence[Difference]) -> Iterator[str]:
    """The same bytes cannot be slower than themselves: a control that the runs bring along."""
    told = [one for one in differences if one.metric == "latency" and one.change is not None]
    same = [one for one in told if one.subject in _same(before, after)]
    apart = [one for one in same if one.verdict in ("better", "worse")]
    if apart:
        widest = max(abs(one.change or 0.0) for one in apart)
        yield (
            f"{len(apart)} of {len(same)} cells with the same file in both runs were told apart in "
            f"latency, by up to {percent(widest)}: so much is the machine's, not the models'"
        )


def _same(before: Run, after: Run) -> set[str]:
    old, new = ({str(one.cell): _sha(one) for one in run.records} for run in (before, after))
    return {name for name, sha in new.items() if sha and old.get(name) == sha}


def _sha(record: Record) -> str:
    return record.model.sha256 if record.model else ""
