"""Where a query's time goes: microseconds per operator, where the tool tells them."""

from __future__ import annotations

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

    @property
    def source(self) -> str:
        """Where the numbers come from and where there are none."""
        if not self.rows:
            return (
                "No cell of this run has times per operator. The benchmark tool tells them: time "
                "on a target like benchmark_model/cpu."
            )
        targets = ", ".join(dict.fromkeys(row.cell.target for row in self.rows))
        rest = self.cells - len(self.rows)
        none = f" The other {rest} timed cells have none: their tool does not tell." if rest else ""
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
    return OpTable(tuple(rows), unit.unit, len(known))


def op_times(cell: Cell) -> dict[str, float]:
    """Operator -> microseconds; a GPU that is simulated on the CPU has none."""
    timing = cell.record.timing
    if timing is None or cell.state.word == "simulated":
        return {}
    return {name: us for name, value in timing.ops_us.items() if (us := finite(value)) is not None}


def drawn(sheet: Sheet) -> list[str]:
    """The operators that take most of all cells' time, slowest first."""
    sums: dict[str, float] = {}
    for cell in sheet.cells:
        for name, us in op_times(cell).items():
            sums[name] = sums.get(name, 0.0) + us
    return sorted(sums, key=lambda name: (-sums[name], name))[:MOST]
