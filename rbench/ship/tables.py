"""Tables that people have of their items: text with a header, JSON lines, MovieLens as it comes."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from rbench.data.settings import DataSettings
from rbench.data.text import LATIN_1, NotThisText, encoding_of, opened, peek
from rbench.errors import DataError

SEPARATORS = (",", "\t", ";", "|")
DOUBLE = "::"
NO_HEADER = {"movies.dat": ("movieId", "title", "genres"), "u.item": ("movieId", "title", "date")}
"""Files of MovieLens that have none -> the columns that they begin with."""
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
    encoding = encoding_of(DataSettings(), peek(path))
    notes: tuple[str, ...] = ()
    try:
        rows = _rows(path, encoding)
    except NotThisText:
        rows = _rows(path, LATIN_1)
        notes = (f"{path.name} is not UTF-8, and was read as Latin-1",)
    if not rows or not any(rows[0]):
        raise DataError(
            "is empty", where=str(path), allowed="a table with a header and one line an item"
        )
    return Table([name.strip() for name in rows[0]], rows[1:], notes)


def _rows(path: Path, encoding: str) -> list[list[str]]:
    """The header and all rows, the separator looked up in the first line."""
    with opened(path, encoding, newline="") as file:
        first = file.readline()
        lines = chain([first], file)
        if first.lstrip().startswith(("{", "[")):
            return _objects(lines, str(path))
        known = NO_HEADER.get(_plain_name(path))
        if DOUBLE in first or known:
            separator = DOUBLE if DOUBLE in first else max(SEPARATORS, key=first.count)
            rows = [line.rstrip("\r\n").split(separator) for line in lines]
        else:
            separator = max(SEPARATORS, key=first.count)
            try:
                rows = list(csv.reader(lines, delimiter=separator))
            except csv.Error as error:
                raise DataError(f"no table of text: {error}", where=str(path)) from error
        return [list(known), *rows] if known else rows


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
