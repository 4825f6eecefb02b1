"""The rows of a text table: lines taken apart at separators, with or without quotes."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from rbench.data import text
from rbench.data.rows import Rows
from rbench.errors import DataError

CSV_LIKE = (",", ";")
"""Between these, quotes are those of CSV: a value may go on for several lines."""
FIELD_BYTES = 16 << 20


class Form(NamedTuple):
    """How lines are taken apart."""

    separator: str
    """Empty: any white space."""
    quotes: bool
    comment: str = ""
    """Lines that begin so are left out; empty: none."""
    skip: int = 0
    """Lines before the first row."""


def rows_of(path: Path, encoding: str, form: Form, counted: list[int] | None = None) -> Rows:
    """All rows; blank lines are left out.

    Args:
        counted: its first number grows by the lines that are not blank, where values may go on for
            several lines.

    Raises:
        DataError: as `text.opened`, and where quotes do not fit.
    """
    if form.separator in CSV_LIKE and form.quotes:
        return _csv(path, encoding, form, counted if counted is not None else [0])
    return _lines(path, encoding, form)


def _lines(path: Path, encoding: str, form: Form) -> Rows:
    """Rows that end where lines do."""
    with text.opened(path, encoding) as file:
        lines: Iterator[tuple[int, str]] = islice(enumerate(file, start=1), form.skip, None)
        if form.comment:
            lines = (pair for pair in lines if not pair[1].startswith(form.comment))
        yield from apart(lines, form)


def _csv(path: Path, encoding: str, form: Form, counted: list[int]) -> Rows:
    """Rows in which quotes may hold separators and line breaks."""
    csv.field_size_limit(FIELD_BYTES)
    with text.opened(path, encoding, newline="") as file:
        lines: Iterator[str] = islice(file, form.skip, None)
        if form.comment:
            lines = (line for line in lines if not line.startswith(form.comment))
        reader = csv.reader(lines, delimiter=form.separator, skipinitialspace=True, strict=True)
        skipped, blank = form.skip, 0
        try:
            for row in reader:
                if row:
                    yield reader.line_num + skipped, row
                else:
                    blank += 1
            counted[0] += reader.line_num - blank
        except csv.Error as error:
            raise DataError(
                f"not CSV: {error}",
                where=f"{path}, line {reader.line_num + skipped}",
                allowed='values between separators, quoted with " where they hold one',
                remedy="if quotes are part of the values, say --quotes no",
            ) from error


def apart(lines: Iterable[tuple[int, str]], form: Form) -> Rows:
    """Line by line: no quote reaches further than its line."""
    separator = form.separator
    single = len(separator) == 1
    width = 0
    for number, raw in lines:
        line = raw.rstrip("\r\n")
        if not line.strip():
            continue
        row = line.split(separator) if separator else line.split()
        if form.quotes and '"' in line:
            row = _quoted(line, separator, row, width) if single else _unquoted(row)
        width = width or len(row)
        yield number, row


def _quoted(line: str, separator: str, raw: list[str], width: int) -> list[str]:
    """A line with quotes that may hold separators; quotes that do not fit are part of values."""
    try:
        row = next(csv.reader([line], delimiter=separator, strict=True))
    except csv.Error:
        return raw
    return raw if width and len(row) != width and len(raw) == width else row


def _unquoted(raw: list[str]) -> list[str]:
    return [word[1:-1] if len(word) > 1 and word[0] == word[-1] == '"' else word for word in raw]
