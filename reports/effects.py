"""What each recipe does: size, quality and latency against the same encoder as float32."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from rbench_reports.cells import Cell, Sheet
from rbench_reports.metrics import GZIP, NDCG, P50, SIZE, Metric
from rbench_reports.numbers import MISSING, change

REFERENCE = "float32"


@dataclass(frozen=True)
class Change:
    """The median of some changes, and how far they spread."""

    middle: str
    range: str = ""


@dataclass(frozen=True)
class Effect:
    """One recipe over all encoders."""

    recipe: str
    encoders: int
    """With how many encoders it can be compared."""
    size: Change
    gzip: Change
    ndcg: Change
    held: str
    """In how many of the files NDCG@10 stays at or above the lower end of float32's interval."""
    latency: tuple[tuple[str, Change], ...]
    """(target, change of the median)."""


def effects(sheet: Sheet) -> tuple[Effect, ...]:
    """One line per recipe other than the reference; none where the run has no reference."""
    by_name = {(c.encoder, c.recipe, c.target): c for c in sheet.cells}
    found = []
    for recipe in sheet.recipes:
        if recipe == REFERENCE:
            continue
        pairs = [
            (cell, reference)
            for cell in sheet.comparable
            if cell.recipe == recipe
            and (reference := by_name.get((cell.encoder, REFERENCE, cell.target)))
            and reference.usable(NDCG) is not None
        ]
        files = list({cell.file: (cell, reference) for cell, reference in pairs}.values())
        if not files:
            continue
        held = [
            (cell.usable(NDCG) or 0.0) >= reference.ndcg.low
            for cell, reference in files
            if reference.ndcg
        ]
        found.append(
            Effect(
                recipe,
                len(files),
                _changes(files, SIZE),
                _changes(files, GZIP),
                _changes(files, NDCG),
                f"{sum(held)} of {len(held)}",
                tuple(
                    (target, _changes([p for p in pairs if p[0].target == target], P50))
                    for target in sheet.targets
                ),
            )
        )
    return tuple(found)


def _changes(pairs: Iterable[tuple[Cell, Cell]], metric: Metric) -> Change:
    """The median change over the encoders, and its range where there are several."""
    ratios = []
    for cell, reference in pairs:
        new, old = cell.usable(metric), reference.usable(metric)
        same_bench = metric.of == "file" or cell.bench == reference.bench
        if new is not None and old and same_bench:
            ratios.append(new / old)
    if not ratios:
        return Change(MISSING)
    middle = change(median(ratios), 1.0)
    if len(ratios) == 1 or change(min(ratios), 1.0) == change(max(ratios), 1.0):
        return Change(middle)
    return Change(middle, f"{change(min(ratios), 1.0)} to {change(max(ratios), 1.0)}")
