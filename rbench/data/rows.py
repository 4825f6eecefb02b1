"""From rows of text to a `Log`: fast while all is well, exact when something is not.

Rows are taken in chunks and a chunk's columns are turned into arrays at once. Only when that
fails is the chunk searched row by row for the line and the value to name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress, islice
from pathlib import Path

from rbench.data import times
from rbench.data.collector import Collector
from rbench.data.columns import Picked, clipped, quoted
from rbench.data.ids import is_null
from rbench.data.log import Log
from rbench.data.settings import DataSettings
from rbench.errors import DataError
from rbench.records import Reading

CHUNK = 1 << 10  # rows that fit into the processor's cache: twice as fast as 1 << 16
Rows = Iterator[tuple[int, list[str]]]
"""Line number from 1, and the row's values."""


@dataclass(frozen=True)
class Shape:
    """What the rows of a format look like."""

    columns: tuple[str, ...]
    """Names of all columns, for messages; every row must have as many values."""
    line: str
    """A right line, for messages."""
    picked: Picked
    rated: int | None = None
    """A column that must hold numbers, though they are not used."""
    digits: bool = False
    """Whether users and items are whole numbers."""
    time_form: str = "auto"
    remedy: str = ""
    """What to do where a row is not right."""


def parse(
    parts: Iterable[tuple[Path, Rows]], shape: Shape, settings: DataSettings, reading: Reading
) -> Log:
    """Read all rows of all parts.

    Raises:
        DataError: with file, line, value and what was expected, for a row that is not right.
    """
    form = settings.time_format if settings.time_format != "auto" else shape.time_form
    collector = Collector(shape.picked, shape.columns, settings, reading, form)
    for path, rows in parts:
        collector.begin(path)
        while chunk := list(islice(rows, CHUNK)):
            lines, values = zip(*chunk, strict=True)
            _take(collector, path, lines, values, shape)
    return collector.finish()


def _take(
    collector: Collector, path: Path, lines: Sequence[int], rows: Sequence[list[str]], shape: Shape
) -> None:
    """Hand the columns of use to the collector, rows that are left out aside."""
    picked = shape.picked
    columns = _columns(path, lines, rows, shape)
    collector.reading_rows(len(rows))
    kept = [True] * len(rows)
    for at, values in picked.keep:
        kept = collector.matching(at, columns[at], values, kept)
    if picked.rating is not None:
        kept = collector.rated(picked.rating, columns[picked.rating], lines, kept)
    if not all(kept):
        columns, lines = _of(columns, kept), list(compress(lines, kept))
    if picked.time is not None:
        columns, lines = _timed(collector, path, lines, columns, shape)
    collector.add_beside({at: columns[at] for at in picked.beside})
    collector.add_ids(columns[picked.user], columns[picked.item], lines)


def _columns(
    path: Path, lines: Sequence[int], rows: Sequence[list[str]], shape: Shape
) -> dict[int, list[str]]:
    """The columns of use."""
    width = len(shape.columns)
    if set(map(len, rows)) != {width}:
        raise _first_fault(path, lines, rows, shape)
    columns = {at: [row[at] for row in rows] for at in shape.picked.used}
    ids = (columns[shape.picked.user], columns[shape.picked.item])
    if shape.digits and not all(all(map(str.isdecimal, texts)) for texts in ids):
        raise _first_fault(path, lines, rows, shape)
    if shape.rated is not None:
        try:
            for row in rows:
                float(row[shape.rated])
        except ValueError as error:
            raise _first_fault(path, lines, rows, shape) from error
    return columns


def _of(columns: dict[int, list[str]], kept: Sequence[bool]) -> dict[int, list[str]]:
    return {at: list(compress(texts, kept)) for at, texts in columns.items()}


def _timed(
    collector: Collector,
    path: Path,
    lines: Sequence[int],
    columns: dict[int, list[str]],
    shape: Shape,
) -> tuple[dict[int, list[str]], Sequence[int]]:
    """Hand the times over; what is left where some rows have none."""
    places = [at for at in (shape.picked.time, shape.picked.clock) if at is not None]
    try:
        collector.add_times(*(columns[at] for at in places))
        return columns, lines
    except ValueError as error:
        texts = [columns[at] for at in places]
        there = [not any(map(_no_time, row)) for row in zip(*texts, strict=True)]
        if all(there):
            raise _time_fault(collector, path, lines, columns, shape) from error
    first = there.index(False)
    at = next(at for at in places if _no_time(columns[at][first]))
    text = columns[at][first].strip()
    collector.hole(lines[first], shape.columns[at], len(there) - sum(there), text=text)
    columns, lines = _of(columns, there), list(compress(lines, there))
    try:
        collector.add_times(*(columns[at] for at in places))
    except ValueError as error:
        raise _time_fault(collector, path, lines, columns, shape) from error
    return columns, lines


def _no_time(text: str) -> bool:
    return is_null(text) or times.is_no_date(text)


def _time_fault(
    collector: Collector,
    path: Path,
    lines: Sequence[int],
    columns: dict[int, list[str]],
    shape: Shape,
) -> DataError:
    """The first time that does not fit."""
    picked = shape.picked
    assert picked.time is not None
    place, at, expected = picked.time, 0, times.ANY
    if (found := collector.parser.first_fault(columns[place])) is not None:
        at, expected = found
    elif picked.clock is not None:
        place, expected = picked.clock, "a time of day, such as 23:50 or 2350"
        at = next(row for row, text in enumerate(columns[place]) if not times.is_clock(text))
    name, text = shape.columns[place], columns[place][at]
    remedy = shape.remedy or (
        "" if expected != times.ANY else "name the form, as in --time-format '%d.%m.%Y %H:%M'"
    )
    return DataError(
        f"column {name!r} holds {clip(text)}",
        where=f"{path}, line {lines[at]}",
        allowed=expected,
        remedy=remedy,
    )


def _first_fault(
    path: Path, lines: Sequence[int], rows: Sequence[list[str]], shape: Shape
) -> DataError:
    for line, row in zip(lines, rows, strict=True):
        if fault := _fault(row, shape):
            what, expected = fault
            where = f"{path}, line {line}"
            remedy = shape.remedy
            if not remedy and len(row) == 1 < len(shape.columns):
                begins = quoted(row[0][:30])
                remedy = f"if it is no row, leave out lines that begin so: --comment {begins}"
            return DataError(what, where=where, allowed=expected, remedy=remedy)
    raise AssertionError("a chunk failed, none of its rows does")


def _fault(row: list[str], shape: Shape) -> tuple[str, str] | None:
    """What is wrong with a row and what was expected; None for a right one."""
    width = len(shape.columns)
    if len(row) != width:
        shown = clip(" | ".join(row))
        return f"{len(row)} values instead of {width}: {shown}", f"lines like {shape.line}"
    for at in (shape.picked.user, shape.picked.item):
        name, value = shape.columns[at], row[at]
        if shape.digits and not value.isdecimal():
            return f"column {name!r} holds {clip(value)}", "a whole number"
    if shape.rated is not None:
        try:
            float(row[shape.rated])
        except ValueError:
            what = f"column {shape.columns[shape.rated]!r} holds {clip(row[shape.rated])}"
            return what, "a number"
    return None


def clip(text: str, length: int = 60) -> str:
    """A value as it can be shown in one line."""
    return repr(clipped(text, length))
