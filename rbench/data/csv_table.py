"""CSV with a header line: separated by commas, semicolons or tabs, maybe packed with gzip."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from rbench.data import text
from rbench.data.columns import pick
from rbench.data.log import Log
from rbench.data.movielens import COLUMNS
from rbench.data.rows import Rows, Shape, parse
from rbench.data.settings import DataSettings
from rbench.errors import DataError

SEPARATORS = ",;\t"
ENCODING = "utf-8-sig"  # with or without a byte order mark


def read(path: Path, settings: DataSettings) -> Log:
    """Any such table, its columns found by name.

    Raises:
        DataError: no such columns, or a row that is not right.
    """
    rows, header = _open(path)
    picked = pick(header, settings, str(path))
    shape = Shape(
        format="csv",
        columns=tuple(header),
        line=f"the header, {' | '.join(header)}",
        user=picked.user,
        item=picked.item,
        time=picked.time,
    )
    return parse(path, rows, shape)


def read_movielens(path: Path) -> Log:
    """``ratings.csv`` of ml-latest, ml-latest-small, ml-20m, ml-25m and ml-32m.

    Raises:
        DataError: another header, or a row that is not right.
    """
    rows, header = _open(path)
    if tuple(header) != COLUMNS:
        raise DataError(
            f"the columns are {', '.join(header)}",
            where=f"{path}, line 1",
            allowed=",".join(COLUMNS),
            remedy="for another table say format = 'csv'",
        )
    shape = Shape(
        format="movielens-csv",
        columns=COLUMNS,
        line="'1,31,2.5,1260759144'",
        user=0,
        item=1,
        rating=2,
        time=3,
        digits=True,
        time_kind="number",
    )
    return parse(path, rows, shape)


def separator_of(line: str) -> str:
    """The separator that stands most often in a header line; empty if none does."""
    best = max(SEPARATORS, key=line.count)
    return best if best in line else ""


def _open(path: Path) -> tuple[Rows, list[str]]:
    """The rows after the header, and the header."""
    rows = _rows(path)
    first = next(rows, None)
    if first is None:
        raise DataError("the log is empty", where=str(path), allowed="a header line and rows")
    return rows, [name.strip() for name in first[1]]


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    with text.opened(path, ENCODING) as file:
        separator = separator_of(next((line for line in file if line.strip()), "")) or ","
    with text.opened(path, ENCODING, newline="") as file:
        reader = csv.reader(file, delimiter=separator, skipinitialspace=True, strict=True)
        try:
            for row in reader:
                if row:
                    yield reader.line_num, row
        except csv.Error as error:
            raise DataError(
                f"not CSV: {error}",
                where=f"{path}, line {reader.line_num}",
                allowed='values between separators, quoted with " where they hold one',
            ) from error
