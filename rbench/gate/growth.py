"""Size limits: the bytes of a file, its growth since the baseline, its drift over many."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from rbench.gate.amounts import percent
from rbench.gate.baseline import Mark
from rbench.gate.levels import Levels, Measure, Subject, at_most
from rbench.gate.rules import SizeLimit
from rbench.gate.sizes import format_size
from rbench.gate.verdict import Finding

Kind = Literal["size", "gzip"]


class Weighed(NamedTuple):
    """One file's bytes of one kind, and what is known of them from before."""

    subject: str
    kind: Kind
    bytes: int
    mark: Mark | None
    """Of the baseline; None where it has no such file."""
    compared: bool
    """Whether there is a baseline at all."""

    def before(self) -> list[int]:
        """Its bytes in the last baselines, oldest first."""
        if self.mark is None:
            return []
        if not self.mark.history:
            return [_of(self.kind, self.mark.size_bytes, self.mark.gzip_bytes)]
        return [_of(self.kind, past.size_bytes, past.gzip_bytes) for past in self.mark.history]


def _of(kind: Kind, size: int, gzip: int) -> int:
    return size if kind == "size" else gzip


def judge_size(limit: SizeLimit, file: Weighed, rule: str) -> Iterator[Finding]:
    """Hold one file to one limit: a finding for each of the three ways that it asks for."""
    absolute = Levels(limit.warn, limit.max)
    if absolute:
        measure = Measure(file.bytes, "bytes", lambda value: format_size(int(value)))
        yield at_most(Subject(file.subject, file.kind, rule), absolute, measure)
    growth = Levels(limit.warn_growth, limit.max_growth)
    if growth:
        yield _growth(growth, file, Subject(file.subject, f"{file.kind} growth", rule))
    drift = Levels(limit.warn_drift, limit.max_drift)
    if drift:
        place = Subject(file.subject, f"{file.kind} drift", rule)
        yield _drift(drift, file, place, limit.drift_over)


def _growth(levels: Levels, file: Weighed, place: Subject) -> Finding:
    if file.mark is None:
        return place.unlike(_unknown(file))
    before = _of(file.kind, file.mark.size_bytes, file.mark.gzip_bytes)
    return _share(levels, file, place, before, f"the baseline's {format_size(before)}")


def _drift(levels: Levels, file: Weighed, place: Subject, over: int) -> Finding:
    known = file.before()[-over:]
    if not known:
        return place.unlike(_unknown(file))
    least = min(known)
    of = f"the least of the last {len(known)} baselines" if len(known) > 1 else "the only baseline"
    about = f"{format_size(least)}, {of}"
    return _share(levels, file, place, least, about)


def _share(levels: Levels, file: Weighed, place: Subject, before: int, about: str) -> Finding:
    if before < 1:
        return place.unlike("the baseline's file is empty")
    # Not bytes / before - 1, which lies beside 2 % where 1020 stands against 1000.
    measure = Measure((file.bytes - before) / before, "share", percent, about=f"against {about}")
    return at_most(place, levels, measure)


def _unknown(file: Weighed) -> str:
    return "not in the baseline" if file.compared else "no baseline: name one with --against"
