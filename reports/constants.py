"""What the bytes of each file are: its largest constants, the rest of them, and the graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rbench.records import ModelFile
from rbench_reports.cells import Sheet
from rbench_reports.numbers import MISSING, alone, finite


@dataclass(frozen=True)
class Piece:
    """A part of a file."""

    name: str
    type: str
    size_bytes: int
    shape: str = ""
    zeros: str = MISSING
    distinct: str = MISSING
    tensors: str = MISSING

    @property
    def size(self) -> str:
        return alone("bytes", self.size_bytes)


@dataclass(frozen=True)
class Contents:
    """One file, cut up; the pieces' bytes add up to its size."""

    encoder: str
    recipe: str
    size_bytes: int
    pieces: tuple[Piece, ...]
    """The largest first, then what is told by its type only, then graph and metadata."""
    table: str
    """How the item table is stored."""


def contents(sheet: Sheet) -> tuple[Contents, ...]:
    """Every file of a run, in the order of the study."""
    found = []
    for (encoder, recipe), cells in sheet.files().items():
        model = next((cell.record.model for cell in cells if cell.record.model), None)
        if model is not None:
            found.append(Contents(encoder, recipe, model.size_bytes, pieces(model), _table(model)))
    return tuple(found)


def pieces(model: ModelFile) -> tuple[Piece, ...]:
    """The parts of one file.

    A census of another rbench may have other keys: what is not understood is left to the bytes by
    type.
    """
    rows = model.census.get("constants")
    named = [
        piece
        for row in (rows if isinstance(rows, list | tuple) else ())
        if isinstance(row, Mapping) and (piece := _piece(row)) is not None
    ]
    rest = dict(model.tensor_bytes)
    for piece in named:
        rest[piece.type] = rest.get(piece.type, 0) - piece.size_bytes
    found = sorted(named, key=lambda piece: -piece.size_bytes)
    found += [Piece(f"other {kind}", kind, size) for kind, size in rest.items() if size > 0]
    left = model.size_bytes - sum(piece.size_bytes for piece in found)
    if left > 0:
        found.append(Piece("graph and metadata", "", left))
    return tuple(found)


def _piece(row: Mapping[str, Any]) -> Piece | None:
    size = row.get("size_bytes")
    if not isinstance(size, int) or size <= 0:
        return None
    shape = row.get("shape")
    cells = shape if isinstance(shape, list | tuple) else ()
    count = 1
    for length in cells:
        count *= length if isinstance(length, int) else 0
    zeros, distinct = row.get("zeros"), row.get("distinct")
    share = finite(zeros) if isinstance(zeros, int) else None
    return Piece(
        str(row.get("tensor") or "unnamed"),
        str(row.get("type", "")),
        size,
        " × ".join(map(str, cells)),  # noqa: RUF001
        f"{100 * share / count:.0f} %" if share is not None and count else MISSING,
        f"{distinct:,}" if isinstance(distinct, int) else MISSING,
        str(row.get("tensors", MISSING)),
    )


def _table(model: ModelFile) -> str:
    """E.g. ``one item table, shared``."""
    found = model.census.get("item_table")
    if not isinstance(found, Mapping) or not isinstance(found.get("buffers"), int):
        return MISSING
    count = found["buffers"]
    reason = found.get("reason")
    text = "item table stored once" if count == 1 else f"item table stored {count} times"
    return text + (f": {reason}" if isinstance(reason, str) and reason else "")
