"""Where a query's time goes: microseconds per operator, where the tool tells them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rbench_reports.cells import Cell, Sheet
from rbench_reports.numbers import finite, scale

MOST = 8
"""Operators with a colour of their own; the others are drawn together."""


@dataclass(frozen=True)
class OpRow:
    """One cell: its slowest operators first."""

    cell: Cell
    total: str
    ops: tuple[tuple[str, str, str], ...]
    """(operator, time, share of all operators)."""


@dataclass(frozen=True)
class OpTable:
    """All cells with op times."""

    rows: tuple[OpRow, ...]
    unit: str
    cells: int
    """Timed cells, with or without op times."""
    reasons: tuple[str, ...] = ()
    """Why cells have none, as their records say."""

    @property
    def source(self) -> str:
        """Where the numbers come from and where there are none."""
        if not self.rows:
            why = f": {'; '.join(self.reasons)}" if self.reasons else ""
            return f"No cell of this run has times per operator: its tools told none{why}."
        targets = ", ".join(dict.fromkeys(row.cell.target for row in self.rows))
        rest = self.cells - len(self.rows)
        none = f" The other {rest} timed cells have none." if rest else ""
        return (
            f"Means per query from a profiling run of its own, on {targets}; the profiler's cost "
            f"is in them, so they need not add up to the median.{none}"
        )


def op_table(sheet: Sheet) -> OpTable:
    """One row per cell that has op times."""
    known = [(cell, op_times(cell)) for cell in sheet.cells if cell.record.timing]
    profiled = [(cell, ops) for cell, ops in known if ops]
    unit = scale("us", [value for _, ops in profiled for value in ops.values()])
    rows = []
    for cell, ops in profiled:
        total = sum(ops.values())
        rows.append(
            OpRow(
                cell,
                unit.text(total),
                tuple(
                    (name, unit.text(us), f"{100 * us / total:.0f} %" if total else "")
                    for name, us in sorted(ops.items(), key=lambda pair: -pair[1])
                ),
            )
        )
    reasons = dict.fromkeys(_reason(cell) for cell, ops in known if not ops)
    return OpTable(tuple(rows), unit.unit, len(known), tuple(why for why in reasons if why))


def op_times(cell: Cell) -> dict[str, float]:
    """Operator -> microseconds; a GPU that is simulated on the CPU has none."""
    timing = cell.record.timing
    if timing is None or cell.state.word == "simulated":
        return {}
    return {name: us for name, value in timing.ops_us.items() if (us := finite(value)) is not None}


def _reason(cell: Cell) -> str:
    details = cell.record.timing.details if cell.record.timing else {}
    ops = details.get("ops")
    reason = ops.get("reason") if isinstance(ops, Mapping) else None
    return reason if isinstance(reason, str) else ""


def drawn(sheet: Sheet) -> list[str]:
    """The operators that take most of all cells' time, slowest first."""
    sums: dict[str, float] = {}
    for cell in sheet.cells:
        for name, us in op_times(cell).items():
            sums[name] = sums.get(name, 0.0) + us
    return sorted(sums, key=lambda name: (-sums[name], name))[:MOST]
