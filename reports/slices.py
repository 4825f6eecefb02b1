"""For whom: the quality for users who are new or not, and for targets that few or many know."""

from __future__ import annotations

from dataclasses import dataclass

from rbench.metrics.slices import HISTORIES, TARGETS
from rbench.records import Quality, Run, Slice
from rbench_reports.cells import Sheet, interval
from rbench_reports.numbers import MISSING, SCORE, Scale

_BITS, _TIMES = Scale("bits", 1.0, 2), Scale("x", 1.0, 2)
_WORDS = {
    HISTORIES.low: "New users (≤ {})",
    HISTORIES.high: "Heavy users (≥ {})",
    TARGETS.low: "Rare targets (≤ {})",
    TARGETS.high: "Popular targets (≥ {})",
}
"""Slice -> its head in the table, its bound left open."""


@dataclass(frozen=True)
class SliceRow:
    """One file or baseline."""

    kind: str
    """``file`` or ``baseline``."""
    name: str
    recipe: str
    scores: tuple[tuple[str, str], ...]
    """Per column: (NDCG@10, its interval)."""
    novelty: str
    lift: str


def columns(run: Run, sheet: Sheet) -> tuple[tuple[str, str], ...]:
    """(slice, head) of those that any score has, in the order of the metrics' module."""
    known: dict[str, Slice] = {}
    for _, _, _, quality in _scored(run, sheet):
        known |= quality.slices
    return tuple(
        (name, _WORDS[name].format(f"{known[name].bound:,}")) for name in _WORDS if name in known
    )


def rows(run: Run, sheet: Sheet) -> tuple[SliceRow, ...]:
    """Baselines, then the files in the order of the study; none where nothing was recorded."""
    heads = columns(run, sheet)
    return tuple(
        SliceRow(
            kind,
            name,
            recipe,
            tuple(_score(quality.slices.get(slice_)) for slice_, _ in heads),
            _BITS.text(quality.novelty),
            _TIMES.text(quality.popularity_lift),
        )
        for kind, name, recipe, quality in _scored(run, sheet)
        if quality.slices or quality.novelty is not None
    )


def _scored(run: Run, sheet: Sheet) -> list[tuple[str, str, str, Quality]]:
    found = [("baseline", name, "", quality) for name, quality in run.info.baselines.items()]
    for (encoder, recipe), cells in sheet.files().items():
        scored = [cell.record.quality for cell in cells if cell.record.quality is not None]
        found += [("file", encoder, recipe, quality) for quality in scored[:1]]
    return found


def _score(found: Slice | None) -> tuple[str, str]:
    return (SCORE.text(found.ndcg.value), interval(found.ndcg)) if found else (MISSING, "")
