"""A run beside a baseline run: what changed, and what cannot be compared and why."""

from __future__ import annotations

from dataclasses import dataclass

from rbench.cells.target import versions_of
from rbench.records import Estimate, Record, Run
from rbench_reports.cells import Cell, Sheet
from rbench_reports.metrics import NDCG, P50, SIZE, Metric
from rbench_reports.numbers import MISSING, change, finite


@dataclass(frozen=True)
class Difference:
    """One cell in both runs: before, now, and what may be said about it."""

    cell: Cell
    size: tuple[str, str, str]
    ndcg: tuple[str, str, str]
    latency: tuple[str, str, str]


@dataclass(frozen=True)
class Comparison:
    """Everything that two runs have to say about each other."""

    folder: str
    created: str
    differences: tuple[Difference, ...]
    only_here: tuple[str, ...]
    only_there: tuple[str, ...]


def compare(sheet: Sheet, baseline: Run) -> Comparison:
    """Hold each cell to the cell of the same name in the baseline run."""
    there = {str(record.cell): Cell(n, record) for n, record in enumerate(baseline.records)}
    here = {str(cell.record.cell): cell for cell in sheet.cells}
    return Comparison(
        folder=baseline.folder.name,
        created=baseline.info.created or MISSING,
        differences=tuple(
            _difference(sheet, cell, there[name]) for name, cell in here.items() if name in there
        ),
        only_here=tuple(name for name in here if name not in there),
        only_there=tuple(name for name in there if name not in here),
    )


def _difference(sheet: Sheet, new: Cell, old: Cell) -> Difference:
    def pair(metric: Metric) -> tuple[str, str]:
        return sheet.full(old, metric), sheet.full(new, metric)

    size = change(new.usable(SIZE), old.usable(SIZE))
    if new.usable(SIZE) is not None and new.usable(SIZE) == old.usable(SIZE):
        size = "same"
    return Difference(
        new,
        (*pair(SIZE), size if size != MISSING else "not comparable"),
        (*pair(NDCG), _quality(new, old)),
        (*pair(P50), _latency(new, old)),
    )


def _quality(new: Cell, old: Cell) -> str:
    if new.usable(NDCG) is None or old.usable(NDCG) is None or not new.ndcg or not old.ndcg:
        return "not comparable: not scored in both"
    if new.record.data != old.record.data:
        return "not comparable: another split of the data"
    return _told_apart(new.ndcg, old.ndcg)


def _told_apart(new: Estimate, old: Estimate) -> str:
    moved = change(finite(new.value), finite(old.value))
    if new.low > old.high:
        return f"{moved}, better"
    if new.high < old.low:
        return f"{moved}, worse"
    return f"{moved}, intervals overlap"


def _latency(new: Cell, old: Cell) -> str:
    mine, theirs = new.usable(P50), old.usable(P50)
    if mine is None or theirs is None:
        return "not comparable: not timed in both"
    if new.bench != old.bench:
        return "not comparable: another machine"
    decide = versions_of(new.target)
    unlike = [name for name in decide if _version(new.record, name) != _version(old.record, name)]
    if unlike:
        return f"not comparable: another version of {unlike[0]}"
    return change(mine, theirs)


def _version(record: Record, name: str) -> str:
    return record.versions.get(name, "")
