"""What a terminal shows of a .tflite: a few lines, then tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rbench.cli.screen import Screen, Table
from rbench.convert import Constant, Inventory, Query
from rbench.records import Delegation
from rbench.tflite import ExternalFile

LARGEST = 12
"""Constants shown."""


def show(
    path: Path,
    found: Inventory,
    outside: Sequence[ExternalFile],
    loaded: Mapping[str, Delegation | str],
) -> None:
    """Print all of it.

    Args:
        outside: other files that hold weights of this one.
        loaded: name of a delegate -> what it takes, or why the file does not load.
    """
    console = Screen()
    console.say(str(path))
    console.print(_facts(found, outside, loaded))
    console.print(_operators(found))
    console.print(_types(found))
    console.print(_constants(found))
    more = len(found.constants) - LARGEST
    if more > 0:
        console.say(f"and {more} smaller ones; --json has all of them")


def _facts(
    found: Inventory, outside: Sequence[ExternalFile], loaded: Mapping[str, Delegation | str]
) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    rows = {
        "size": (
            f"{found.size_bytes:,} bytes, {_gzip(found)}, "
            f"{found.zstd_bytes:,} after zstd (level {found.zstd_level})"
        ),
        "sha256": found.sha256,
        "written by": f"{found.description or 'unknown'} (schema {found.version})",
    }
    if outside:
        rows["weights elsewhere"] = "; ".join(map(_elsewhere, outside))
    rows |= _ends(found)
    rows["item table"] = _item_table(found)
    twice = found.stored_twice
    rows["stored twice"] = f"{twice['bytes']:,} bytes in {twice['buffers']} buffers"
    rows |= _queries(found)
    rows |= {name: _taken(taken) for name, taken in loaded.items()}
    for name, said in rows.items():
        table.add_row(name, said)
    return table


def _gzip(found: Inventory) -> str:
    if found.gzip_of_bytes == found.size_bytes:
        return f"{found.gzip_bytes:,} after gzip"
    return f"about {found.gzip_bytes:,} after gzip (by {found.gzip_of_bytes:,} bytes of it)"


def _elsewhere(file: ExternalFile) -> str:
    there = "missing" if file.size_bytes is None else f"{file.size_bytes:,} bytes"
    short = file.size_bytes is not None and file.size_bytes < file.needs_bytes
    needs = f", too short: {file.needs_bytes:,} are due" if short else ""
    return f"in {file.name} ({there}{needs}), not counted here"


def _ends(found: Inventory) -> dict[str, str]:
    """What it takes and gives, by signature where it has any."""
    if not found.signatures:
        return {
            "inputs": ", ".join(found.inputs) or "none",
            "outputs": ", ".join(found.outputs) or "none",
        }
    return {
        f"signature {key or '(no name)'}": f"{', '.join(query.inputs) or 'nothing'} -> "
        f"{', '.join(query.outputs) or 'nothing'}"
        for key, query in found.signatures.items()
    }


def _queries(found: Inventory) -> dict[str, str]:
    """What a query costs; with several signatures, one of each, for a query runs only one."""
    queries = {f"a query of {key}, estimated": query for key, query in found.signatures.items()}
    if len(queries) < 2:
        rows = {"a query, estimated": _cost(found)}
        return {**rows, "not counted": _listed(found.uncounted)} if found.uncounted else rows
    rows = {}
    for name, query in queries.items():
        rows[name] = _cost(query)
        if query.uncounted:
            rows[name] += f"; not counted: {_listed(query.uncounted)}"
    return rows


def _cost(query: Query | Inventory) -> str:
    return f"{query.macs:,} multiply-accumulates, {query.touched_bytes:,} bytes touched"


def _item_table(found: Inventory) -> str:
    facts = found.item_table
    if facts["shared"]:
        return "one buffer for lookup and scoring"
    return f"{facts['buffers'] or 'none'}: {facts['reason']}" if "reason" in facts else "two"


def _taken(taken: Delegation | str) -> str:
    if isinstance(taken, str):
        return taken
    if taken.plain:
        return f"loads, {taken.nodes_total} nodes"
    said = f"takes {taken.nodes_delegated} of {taken.nodes_total} nodes"
    if taken.partitions:
        said += f" in {taken.partitions} partition{'s' if taken.partitions > 1 else ''}"
    left = _listed(taken.left_behind)
    said = f"{said}; leaves {left}" if left else said
    said += "".join(f"; {remark}" for remark in taken.remarks)
    if taken.adapter:
        said += f" ({taken.adapter}{', a software GPU' if taken.software else ''})"
    return said


def _operators(found: Inventory) -> Table:
    table = _table("operators", ("operator", "in the graph"))
    for name, count in sorted(found.ops.items(), key=lambda pair: (-pair[1], pair[0])):
        table.add_row(name, f"{count:,}")
    return table


def _types(found: Inventory) -> Table:
    table = _table("constants by type", ("type", "bytes", "of the file"))
    for name, size in sorted(found.tensor_bytes.items(), key=lambda pair: -pair[1]):
        table.add_row(name, f"{size:,}", f"{100 * size / found.size_bytes:.1f} %")
    return table


def _constants(found: Inventory) -> Table:
    headings = ("tensor", "type", "shape", "bytes", "tensors", "zeros", "distinct", "scales")
    table = _table("largest constants", headings)
    for constant in found.constants[:LARGEST]:
        table.add_row(
            constant.tensor,
            constant.type,
            " x ".join(map(str, constant.shape)) or "one",
            f"{constant.size_bytes:,}",
            str(constant.tensors),
            _zeros(constant),
            "-" if constant.distinct is None else f"{constant.distinct:,}",
            f"{constant.scales:,}",
        )
    return table


def _zeros(constant: Constant) -> str:
    if constant.zeros is None:
        return "-"
    numbers = 1
    for size in constant.shape:
        numbers *= size
    return f"{100 * constant.zeros / max(numbers, 1):.1f} %"


def _table(title: str, headings: tuple[str, ...]) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for heading in headings:
        left = heading in ("operator", "type", "tensor", "shape")
        table.add_column(heading, justify="left" if left else "right", overflow="fold")
    return table


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())
