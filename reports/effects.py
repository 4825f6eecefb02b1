"""What each recipe does: size, quality and latency against the same encoder as float32."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from rbench_reports.cells import Cell, Sheet
from rbench_reports.metrics import GZIP, NDCG, P50, SIZE, Metric
from rbench_reports.numbers import MISSING, change
from rbench_reports.paired import REFERENCE, Difference, Pairing


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
    paired: Difference | None
    """Of NDCG@10 user by user, averaged over the encoders; None without ranks."""
    told: str
    """How many of the files are shown to be worse, better or neither."""
    latency: tuple[tuple[str, Change], ...]
    """(target, change of the median)."""


def effects(sheet: Sheet, pairing: Pairing) -> tuple[Effect, ...]:
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
        found.append(
            Effect(
                recipe,
                len(files),
                _changes(files, SIZE),
                _changes(files, GZIP),
                _changes(files, NDCG),
                pairing.recipes.get(recipe),
                _told(pairing, files),
                tuple(
                    (target, _changes([p for p in pairs if p[0].target == target], P50))
                    for target in sheet.targets
                ),
            )
        )
    return tuple(found)


def _told(pairing: Pairing, files: Iterable[tuple[Cell, Cell]]) -> str:
    known = [pairing.files.get(cell.file) for cell, _ in files]
    words = [found.difference.word for found in known if found and found.difference]
    kinds = ("worse", "better", "no difference shown", "the same")
    return ", ".join(f"{words.count(kind)} {kind}" for kind in kinds if kind in words) or MISSING


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
