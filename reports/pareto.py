"""The cells that no other cell beats: quality, size and latency at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rbench_reports.cells import Cell, Sheet
from rbench_reports.metrics import NDCG, P50, SIZE


def front(costs: Sequence[Sequence[float]]) -> list[bool]:
    """Which points are beaten by none.

    One point beats another if it costs no more in every way and less in at least one; equal
    points do not beat each other.

    Args:
        costs: (points, ways), finite, less is better.
    """
    if not costs:
        return []
    points = np.asarray(costs, dtype=np.float64)
    flags = []
    for point in points:
        no_worse = (points <= point).all(axis=1)
        better = (points < point).any(axis=1)
        flags.append(not bool((no_worse & better).any()))
    return flags


def front_cells(sheet: Sheet) -> tuple[Cell, ...]:
    """The front of a run, smallest file first; machines and devices have a front each."""
    benches: dict[tuple[str, str], list[Cell]] = {}
    for cell in sheet.timed:
        if cell.usable(SIZE) is not None:
            benches.setdefault(cell.bench, []).append(cell)
    found = [cell for cells in benches.values() for cell in _front(cells)]
    return tuple(sorted(found, key=lambda cell: (cell.usable(SIZE) or 0, cell.number)))


def _front(cells: list[Cell]) -> list[Cell]:
    costs = [
        (-(cell.usable(NDCG) or 0.0), cell.usable(SIZE) or 0.0, cell.usable(P50) or 0.0)
        for cell in cells
    ]
    return [cell for cell, on in zip(cells, front(costs), strict=True) if on]
