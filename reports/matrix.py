"""Encoder x recipe as a heat map: one panel for all numbers at a glance, one for each metric."""

from __future__ import annotations

from dataclasses import dataclass

from rbench_reports.cells import STATES, Cell, Sheet, State
from rbench_reports.metrics import METRICS, NDCG, P50, SIZE, Metric


@dataclass(frozen=True)
class Box:
    """One field of a matrix."""

    text: str
    state: State
    title: str
    heat: float | None = None
    """0 is the worst of this metric in this run, 1 the best."""
    best: bool = False


@dataclass(frozen=True)
class Grid:
    """One heat map."""

    target: str
    """Empty for what is alike on every target."""
    rows: tuple[tuple[str, tuple[Box | None, ...]], ...]
    """Encoder -> a box per recipe; None where the run has no such cell."""


@dataclass(frozen=True)
class Panel:
    """What one click shows."""

    metric: Metric
    unit: str
    grids: tuple[Grid, ...]


@dataclass(frozen=True)
class Glance:
    """One field of the panel that shows quality, size and latency together."""

    ndcg: str
    size: str
    heat: float | None
    states: tuple[tuple[str, State, str, str, int], ...]
    """(target, state, latency, reason, number) of each cell."""


def panels(sheet: Sheet) -> tuple[Panel, ...]:
    """One panel per metric."""
    return tuple(
        Panel(metric, sheet.scales[metric.key].unit, tuple(_grids(sheet, metric)))
        for metric in METRICS
    )


def glance(sheet: Sheet) -> tuple[tuple[str, tuple[Glance | None, ...]], ...]:
    """Encoder -> one field per recipe with NDCG@10, size, and latency per target."""
    files = sheet.files()
    heats = _heats(sheet, NDCG)
    return tuple(
        (
            encoder,
            tuple(_glance(sheet, files.get((encoder, r), ()), heats) for r in sheet.recipes),
        )
        for encoder in sheet.encoders
    )


def _glance(sheet: Sheet, cells: tuple[Cell, ...], heats: dict[int, float]) -> Glance | None:
    if not cells:
        return None
    shown = _speaker(cells, NDCG)
    return Glance(
        sheet.text(shown, NDCG),
        sheet.full(shown, SIZE),
        heats.get(shown.number),
        tuple(
            (cell.target, cell.state, sheet.full(cell, P50), cell.reason, cell.number)
            for cell in cells
        ),
    )


def _grids(sheet: Sheet, metric: Metric) -> list[Grid]:
    by_target = {target: [c for c in sheet.cells if c.target == target] for target in sheet.targets}
    groups = by_target if metric.of == "cell" else {"": list(sheet.cells)}
    heats = _heats(sheet, metric)
    top = max(heats.values(), default=None)
    grids = []
    for target, cells in groups.items():
        files: dict[tuple[str, str], tuple[Cell, ...]] = {}
        for cell in cells:
            files[cell.file] = (*files.get(cell.file, ()), cell)
        rows = tuple(
            (
                encoder,
                tuple(
                    _box(sheet, metric, files[encoder, recipe], heats, top)
                    if (encoder, recipe) in files
                    else None
                    for recipe in sheet.recipes
                ),
            )
            for encoder in sheet.encoders
        )
        grids.append(Grid(target, rows))
    return grids


def _box(
    sheet: Sheet,
    metric: Metric,
    cells: tuple[Cell, ...],
    heats: dict[int, float],
    top: float | None,
) -> Box:
    cell = _speaker(cells, metric)
    known = cell.value(metric) is not None
    state = cell.state if metric.of == "cell" or not known else STATES["ok"]
    name = " × ".join(cell.file if metric.of == "file" else (*cell.file, cell.target))  # noqa: RUF001
    heat = heats.get(cell.number)
    title = f"{name}: {metric.label} {sheet.full(cell, metric)}"
    if state.word != "ok":
        title += f"; {state.word}: {cell.reason}"
    return Box(sheet.text(cell, metric) if known else "", state, title, heat, heat == top == 1.0)


def _speaker(cells: tuple[Cell, ...], metric: Metric) -> Cell:
    """The cell that speaks for a file: the first with the number, or the first."""
    usable = [cell for cell in cells if cell.usable(metric) is not None]
    known = [cell for cell in cells if cell.value(metric) is not None]
    return [*usable, *known, *cells][0]


def _heats(sheet: Sheet, metric: Metric) -> dict[int, float]:
    """Cell -> place between the worst and the best of its metric; times on a bench of their own."""
    groups: dict[object, dict[int, float]] = {}
    for cell in sheet.cells:
        value = cell.usable(metric)
        if value is not None:
            group = cell.bench if metric.of == "cell" else None
            groups.setdefault(group, {})[cell.number] = value
    heats: dict[int, float] = {}
    for values in groups.values():
        low, high = min(values.values()), max(values.values())
        if low == high:
            continue  # nothing is better or worse
        for number, value in values.items():
            share = (value - low) / (high - low)
            heats[number] = share if metric.better == "high" else 1.0 - share
    return heats
