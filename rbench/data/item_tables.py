"""Tables that people have of their items: text with a header, JSON lines, Parquet, MovieLens as it
comes.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from rbench.data.columns import USUAL
from rbench.data.parquet_table import MAGIC
from rbench.data.parquet_texts import texts_of
from rbench.data.settings import DataSettings
from rbench.data.text import LATIN_1, NotThisText, encoding_of, opened, peek
from rbench.errors import DataError

SEPARATORS = (",", "\t", ";", "|")
DOUBLE = "::"
NO_HEADER = {"movies.dat": ("movieId", "title", "genres"), "u.item": ("movieId", "title", "date")}
"""Files of MovieLens that have none -> the columns that they begin with."""
_WHOLE_FLOAT = re.compile(r"(-?\d+)\.0*$")
_Any = TypeVar("_Any")
PACKED = (".gz", ".bz2", ".xz", ".zst")


class Table(NamedTuple):
    """A table, read."""

    header: list[str]
    rows: list[list[str]]
    """Some may be shorter than the header, or longer."""
    notes: tuple[str, ...] = ()


def read(path: Path) -> Table:
    """Read it; what is not UTF-8 is Latin-1, and said.

    Raises:
        DataError: it cannot be read, is empty, or is no table.
    """
    head = peek(path)
    if head.startswith(MAGIC):
        return Table(*texts_of(path))
    encoding = encoding_of(DataSettings(), head)
    notes: tuple[str, ...] = ()
    try:
        rows, odd = _rows(path, encoding)
    except NotThisText:
        rows, odd = _rows(path, LATIN_1)
        notes = (f"{path.name} is not UTF-8, and was read as Latin-1",)
    if odd:
        notes = (*notes, f"quotes of {path.name} do not match, {odd}: each line was read alone")
    if not rows or not any(rows[0]):
        raise DataError(
            "is empty", where=str(path), allowed="a table with a header and one line an item"
        )
    return Table([name.strip() for name in rows[0]], rows[1:], notes)


def id_column(header: Sequence[str], name: str, where: str) -> int:
    """The place of the column with the log's own ids: by name, or by a usual name, or the first.

    Raises:
        DataError: there is no column of this name.
    """
    if name:
        return at(header, name, where)
    known = [plain(one) for one in header]
    return next((known.index(one) for one in (*USUAL["item"], "id") if one in known), 0)


def at(header: Sequence[str], name: str, where: str) -> int:
    """The place of a column.

    Raises:
        DataError: it is not there.
    """
    if name not in header:
        raise DataError(f"no column {name!r}", where=where, allowed=", ".join(header))
    return list(header).index(name)


def plain(name: str) -> str:
    """Lower case, letters and digits only."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def add_whole_numbers(found: dict[str, _Any]) -> None:
    """Ids that a spreadsheet wrote as ``17.0`` are known as ``17`` too, in place."""
    for name in list(found):
        if whole := _WHOLE_FLOAT.fullmatch(name):
            found.setdefault(whole[1], found[name])


def _rows(path: Path, encoding: str) -> tuple[list[list[str]], str]:
    """The header and all rows, the separator looked up in the first line; what is odd of quotes."""
    with opened(path, encoding, newline="") as file:
        lines = _without_preface(list(file))
    first = lines[0] if lines else ""
    if first.lstrip().startswith(("{", "[")):
        return _objects(lines, str(path)), ""
    known = NO_HEADER.get(_plain_name(path))
    separator = DOUBLE if DOUBLE in first else max(SEPARATORS, key=first.count)
    if DOUBLE in first or known:
        rows, odd = [line.rstrip("\r\n").split(separator) for line in lines], ""
    else:
        try:
            rows, odd = _quoted(lines, separator)
        except csv.Error as error:
            raise DataError(f"no table of text: {error}", where=str(path)) from error
    return [list(known), *rows] if known else rows, odd


def _without_preface(lines: list[str]) -> list[str]:
    """Empty lines before the header do not count, nor comments: what begins with # and has not as
    many values as the line below it.
    """
    for at, line in enumerate(lines):
        text = line.strip()
        if not text:
            continue
        below = next((other for other in lines[at + 1 :] if other.strip()), "")
        if not text.startswith("#"):
            return lines[at:]
        if below and not below.startswith("#") and _values(text) == _values(below):
            return [line.replace("#", "", 1), *lines[at + 1 :]]
    return []


def _values(line: str) -> int:
    """How many there are, by the separator that the line has most of."""
    return max(map(line.count, SEPARATORS))


def _quoted(lines: list[str], separator: str) -> tuple[list[list[str]], str]:
    """Rows whose values may stand in quotes. A quote that nothing closes would take the lines below
    it for a part of its value: then each line is a row, and the fault is told.
    """
    reader = csv.reader(lines, delimiter=separator, strict=True)
    rows, began = [], 1
    try:
        for row in reader:
            rows.append(row)
            began = reader.line_num + 1
    except csv.Error as error:
        rows = list(csv.reader(lines, delimiter=separator))
        if len(rows) == len(lines):  # in odd places, but of one line each
            return rows, ""
        rows = [row for line in lines for row in csv.reader([line], delimiter=separator)]
        return rows, f"first in row {began:,} ({error})"
    return rows, ""


def _plain_name(path: Path) -> str:
    return path.name.removesuffix(path.suffix) if path.suffix in PACKED else path.name


def _objects(lines: Iterable[str], where: str) -> list[list[str]]:
    """JSON lines, one object an item; the columns are all keys in their order."""
    objects = list(_parsed(lines, where))
    header = list(dict.fromkeys(key for one in objects for key in one))
    return [header, *([_text(one.get(key)) for key in header] for one in objects)]


def _parsed(lines: Iterable[str], where: str) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DataError(
                f"no JSON: {error}", where=f"{where}, line {number}", allowed="one object a line"
            ) from error
        if not isinstance(found, dict):
            raise DataError(
                "no JSON object", where=f"{where}, line {number}", allowed="one object a line"
            )
        yield found


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return json.dumps(value)
