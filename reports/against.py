"""A run beside a baseline run: what changed, and what cannot be compared and why.

The answers are those of `rbench compare`: the same question has one.
"""

from __future__ import annotations

from dataclasses import dataclass

from rbench import compare as runs
from rbench.records import Run
from rbench_reports.cells import Cell, Sheet
from rbench_reports.compare_text import interval, moved
from rbench_reports.metrics import NDCG, P50, SIZE, Metric
from rbench_reports.numbers import MISSING


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


def compare(run: Run, sheet: Sheet, baseline: Run) -> Comparison:
    """Hold each cell of a run to the cell of the same name in the baseline run.

    Args:
        sheet: of the run.
    """
    there = {str(record.cell): Cell(n, record) for n, record in enumerate(baseline.records)}
    here = {str(cell.record.cell): cell for cell in sheet.cells}
    found = {
        (one.encoder, one.recipe, one.target, one.metric): one
        for one in runs.compare(baseline, run).differences
    }

    def side_by_side(cell: Cell, metric: Metric, name: str, target: str) -> tuple[str, str, str]:
        answer = found.get((cell.encoder, cell.recipe, target, name))
        old = there[str(cell.record.cell)]
        return sheet.full(old, metric), sheet.full(cell, metric), _words(answer)

    return Comparison(
        folder=baseline.folder.name,
        created=baseline.info.created or MISSING,
        differences=tuple(
            Difference(
                cell,
                side_by_side(cell, SIZE, "size", ""),
                side_by_side(cell, NDCG, "ndcg@10", ""),
                side_by_side(cell, P50, "latency", cell.target),
            )
            for name, cell in here.items()
            if name in there
        ),
        only_here=tuple(name for name in here if name not in there),
        only_there=tuple(name for name in there if name not in here),
    )


def _words(found: runs.Difference | None) -> str:
    """E.g. ``-2.3 %, worse (-4.1 % to -0.5 %)``."""
    if found is None or found.verdict == "not comparable":
        return f"not comparable: {found.reason}" if found and found.reason else "not comparable"
    if found.before == found.after:
        return "same"
    ends = interval(found)
    return f"{moved(found)}, {found.verdict}{f' ({ends})' if ends else ''}"
