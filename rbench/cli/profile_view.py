"""What a terminal shows of a timed file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from rbench.cli.screen import Screen, Table
from rbench.records import Record

HEADINGS = ("median us", "query us", "p95 us", "first us", "load us", "memory", "nodes", "verdict")


def show(model: Path, records: Sequence[Record], asked: Sequence[str], out: Path | None) -> None:
    """Print all of it.

    Args:
        asked: what the runs asked, a line an input.
        out: where the records lie, if they are kept.
    """
    console = Screen()
    console.say(str(model))
    for line in asked:
        console.say(f"asked: {line}")
    table = Table(box=None, pad_edge=False)
    table.add_column("target", no_wrap=True)
    for heading in HEADINGS:
        justify: Literal["left", "right"] = "left" if heading == "verdict" else "right"
        table.add_column(heading, justify=justify, no_wrap=True)
    for record in records:
        table.add_row(_target(record), *_cells(record))
    # A number is never cut short: a narrow terminal wraps the lines.
    wide = console.measure(table, options=console.options.update(width=1000)).maximum
    console.width = max(console.width, wide)
    console.print(table)
    for line in (line for record in records for line in _notes(record)):
        console.say(line)
    if out:
        console.say(f"records  {out / 'records.jsonl'}")


def _target(record: Record) -> str:
    software = record.delegation is not None and record.delegation.software
    return f"{record.cell.target} (software)" if software else record.cell.target


def _cells(record: Record) -> list[str]:
    timing, found = record.timing, record.delegation
    if record.state == "ok" and record.check is not None:
        return ["-"] * (len(HEADINGS) - 1) + ["checked"]
    if timing is None:
        return ["-"] * (len(HEADINGS) - 1) + [record.state]
    return [
        _us(timing.median_us),
        _us(timing.query_us),
        _us(timing.p95_us),
        _us(timing.first_us),
        _us(timing.load_us),
        f"{timing.peak_memory_bytes / 1e6:.1f} MB" if timing.peak_memory_bytes else "-",
        f"{found.nodes_delegated} of {found.nodes_total}" if found else "-",
        timing.verdict,
    ]


def _us(value: float | None) -> str:
    return "-" if value is None else f"{value:,.1f}" if value < 1000 else f"{value:,.0f}"


def _notes(record: Record) -> list[str]:
    target = record.cell.target
    if record.state == "ok" and record.check is not None:
        return [f"{target}: {record.check.in_words}"]
    if record.timing is None:
        reason = record.reason
        said = reason if reason.startswith(f"{target}: ") else f"{target}: {reason}"
        return [f"{record.state}: {said}"]
    notes = [f"{target}: {reason}" for reason in record.timing.reasons]
    found = record.delegation
    if found is None:
        return notes
    left = ", ".join(f"{count} {op}" for op, count in found.left_behind.items())
    if left:
        notes.append(f"{target}: left to the CPU: {left}")
    notes += [f"{target}: {remark}" for remark in found.remarks]
    if found.adapter:
        notes.append(f"{target}: ran on {found.adapter}")
    return notes
