"""How long a query takes: the whole distribution, and cold beside warm."""

from __future__ import annotations

from dataclasses import dataclass

from rbench.records import Timing
from rbench_reports.cells import Cell, Sheet
from rbench_reports.numbers import MISSING, Scale, finite, scale

WHISKERS = (1, 25, 50, 75, 99)
"""Percentiles that a box shows."""


@dataclass(frozen=True)
class TimingRow:
    """One timed cell."""

    cell: Cell
    numbers: tuple[str, ...]
    runs: str
    spread: str
    """How far the rounds' medians lie apart, in percent of the median."""


@dataclass(frozen=True)
class TimingTable:
    """All timed cells."""

    unit: str
    cold_unit: str
    rows: tuple[TimingRow, ...]


def timing_table(sheet: Sheet) -> TimingTable:
    """One row per cell with a timing. Load and first have a unit of their own."""
    timed = [(cell, cell.record.timing) for cell in sheet.cells if cell.record.timing]
    warm = sheet.scales["p50"]
    cold = scale("us", (value for _, t in timed for value in (t.load_us, t.first_us)))
    rows = tuple(
        TimingRow(cell, _numbers(t, warm, cold), f"{t.runs:,} / {t.rounds}", _spread(t))
        for cell, t in timed
    )
    return TimingTable(warm.unit, cold.unit, rows)


def box(cell: Cell) -> list[float] | None:
    """The percentiles of `WHISKERS`, microseconds; none without a whole, finite distribution."""
    timing = cell.record.timing
    if not timing or cell.state.word == "simulated" or len(timing.quantiles_us) != 101:
        return None
    found = [finite(timing.quantiles_us[percent]) for percent in WHISKERS]
    return None if None in found else [value or 0.0 for value in found]


def cold(cell: Cell) -> list[float] | None:
    """Load, first inference and warm median, microseconds; none unless all were timed."""
    timing = cell.record.timing
    if not timing or cell.state.word == "simulated":
        return None
    found = [finite(v) for v in (timing.load_us, timing.first_us, timing.median_us)]
    return None if any(not value or value < 0 for value in found) else [v or 0.0 for v in found]


def _numbers(timing: Timing, warm: Scale, cold: Scale) -> tuple[str, ...]:
    chilled = [cold.text(value or None) for value in (timing.load_us, timing.first_us)]
    warmed = (
        timing.median_us,
        timing.query_us,
        timing.p90_us,
        timing.p95_us,
        timing.p99_us,
        timing.mean_us,
        timing.std_us,
    )
    return (*chilled, *(warm.text(value) for value in warmed))


def _spread(timing: Timing) -> str:
    known = [value for value in timing.round_medians_us if finite(value) is not None]
    middle = finite(timing.median_us)
    if len(known) < 2 or not middle:
        return MISSING
    return f"{100 * (max(known) - min(known)) / middle:.1f} %"
