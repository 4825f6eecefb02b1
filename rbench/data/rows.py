"""From rows of text to a `Log`: fast while all is well, exact when something is not.

Rows are taken in chunks and a chunk's columns are turned into arrays at once. Only when that
fails is the chunk searched row by row for the line and the value to name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbench.data import times
from rbench.data.log import Codes, Log, concatenate
from rbench.errors import DataError

CHUNK = 1 << 10  # rows that fit into the processor's cache: twice as fast as 1 << 16
Rows = Iterator[tuple[int, list[str]]]
"""Line number from 1, and the row's values."""


@dataclass(frozen=True)
class Shape:
    """What the rows of a format look like."""

    format: str
    columns: tuple[str, ...]
    """Names of all columns, for messages; every row must have as many values."""
    line: str
    """A right line, for messages."""
    user: int
    item: int
    time: int | None
    rating: int | None = None
    digits: bool = False
    """Whether users and items are whole numbers."""
    time_kind: times.Kind | None = None
    """None: the first row decides."""


def parse(path: Path, rows: Rows, shape: Shape) -> Log:
    """Read all rows.

    Raises:
        DataError: with file, line, value and what was expected, for a row that is not right.
    """
    users, items = Codes(), Codes()
    user_codes: list[NDArray[Any]] = []
    item_codes: list[NDArray[Any]] = []
    moments: list[NDArray[Any]] = []
    kind = shape.time_kind
    while chunk := list(islice(rows, CHUNK)):
        lines, values = zip(*chunk, strict=True)
        try:
            if shape.time is not None and kind is None:
                kind = times.kind_of(values[0][shape.time])
            columns = _columns(values, shape)
            if shape.time is not None and kind is not None:
                moments.append(times.parse(columns[shape.time], kind))
        except (ValueError, IndexError) as error:
            raise _first_fault(path, lines, values, shape, kind) from error
        user_codes.append(users.encode(columns[shape.user]))
        item_codes.append(items.encode(columns[shape.item]))
    when = concatenate(moments, np.int64) if shape.time is not None else None
    unit = "us" if kind == "date" else "" if when is None else times.unit_of(when)
    return Log(
        where=str(path),
        format=shape.format,
        users=concatenate(user_codes, np.int32),
        items=concatenate(item_codes, np.int32),
        times=when,
        time_unit=unit,
        user_names=tuple(users),
        item_names=tuple(items),
    )


def _columns(rows: Sequence[list[str]], shape: Shape) -> dict[int, list[str]]:
    """The columns of use.

    Raises:
        ValueError: some value is not right.
    """
    if any(len(row) != len(shape.columns) for row in rows):
        raise ValueError("width")
    used = {shape.user, shape.item, shape.time, shape.rating} - {None}
    columns = {at: [row[at] for row in rows] for at in used if at is not None}
    for at in (shape.user, shape.item):
        if not all(map(str.isdecimal if shape.digits else str.strip, columns[at])):
            raise ValueError("id")
    if shape.rating is not None:
        for value in columns[shape.rating]:
            float(value)
    return columns


def _first_fault(
    path: Path,
    lines: Sequence[int],
    rows: Sequence[list[str]],
    shape: Shape,
    kind: times.Kind | None,
) -> DataError:
    for line, row in zip(lines, rows, strict=True):
        if fault := _fault(row, shape, kind):
            what, expected = fault
            return DataError(what, where=f"{path}, line {line}", allowed=expected)
    raise AssertionError("a chunk failed, none of its rows does")


def _fault(row: list[str], shape: Shape, kind: times.Kind | None) -> tuple[str, str] | None:
    """What is wrong with a row and what was expected; None for a right one."""
    width = len(shape.columns)
    if len(row) != width:
        shown = clip(" | ".join(row))
        return f"{len(row)} values instead of {width}: {shown}", f"lines like {shape.line}"
    for at in (shape.user, shape.item):
        name, value = shape.columns[at], row[at]
        if not value.strip():
            return f"column {name!r} is empty", "a value in every row"
        if shape.digits and not value.isdecimal():
            return f"column {name!r} holds {clip(value)}", "a whole number"
    if shape.rating is not None:
        try:
            float(row[shape.rating])
        except ValueError:
            value = clip(row[shape.rating])
            return f"column {shape.columns[shape.rating]!r} holds {value}", "a number"
    if shape.time is not None:
        name, value = shape.columns[shape.time], row[shape.time]
        try:
            times.parse([value], kind or times.kind_of(value))
        except ValueError:
            expected = times.EXPECTED[kind] if kind else ", or ".join(times.EXPECTED.values())
            return f"column {name!r} holds {clip(value)}", expected
    return None


def clip(text: str, length: int = 60) -> str:
    """A value as it can be shown in one line."""
    return repr(text if len(text) <= length else text[: length - 1] + "…")
