"""Tables of text: columns found by name, or by number, between whatever separators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

import msgspec

from rbench.data import dialect as dialects
from rbench.data import lists
from rbench.data.columns import Header, clipped, pick
from rbench.data.dialect import Dialect
from rbench.data.log import Log
from rbench.data.movielens import COLUMNS
from rbench.data.rows import Rows, Shape, parse
from rbench.data.settings import AUTO, DataSettings
from rbench.errors import DataError
from rbench.records import Reading

Part = tuple[Path, tuple[tuple[str, str], ...]]
"""A file, and the columns that its folders' names stand for: ``day=2024-01-01``."""


def read(parts: Sequence[Part], settings: DataSettings, look: Dialect, reading: Reading) -> Log:
    """Any such table; several files are read as its parts.

    Args:
        look: of the first part.

    Raises:
        DataError: no such columns, or a row that is not right.
    """
    _same_folders(parts)
    parts = [(path, _beside(folders, look.names)) for path, folders in parts]
    path, folders = parts[0]
    if not look.header and AUTO in (settings.user_column, settings.item_column):
        raise dialects.no_header(look, path)
    if not look.header and settings.time_column == AUTO:
        raise dialects.no_header(look, path)
    names = (*look.names, *(name for name, _ in folders))
    header = Header(names, str(path), numbered=not look.header)

    def column(at: int) -> list[str]:
        return look.column(at) if at < len(look.names) else [folders[at - len(look.names)][1]]

    def is_list(at: int) -> bool:
        return lists.looks_like_list(column(at), names[at])

    picked = pick(
        header,
        settings,
        is_time=lambda at: "time" if is_list(at) else dialects.kind_of(column(at)),
        is_list=is_list,
    )
    shape = Shape(
        columns=names,
        line=f"the header, {clipped(' | '.join(look.names), 200)}",
        picked=picked,
    )
    several = [at for at in (picked.time, *picked.beside) if at is not None and is_list(at)]
    spread = is_list(picked.item)
    if spread and picked.time is not None and not several:
        # One time for all items of a list says no order within it.
        reading_note = "each list of items has one time: its items are in order"
        reading = _noted(reading, reading_note)
    elif spread:
        reading = _noted(reading, f"column {clipped(names[picked.item])!r} holds lists of items")

    counted = [0]

    def rows(part: Part) -> Rows:
        place, values = part
        found = _part(place, look, reading.encoding, counted)
        extra = [value for _, value in values]
        if extra:
            found = ((line, [*row, *extra]) for line, row in found)
        return lists.exploded(found, str(place), picked.item, several) if spread else found

    log = parse(((part[0], rows(part)) for part in parts), shape, settings, reading)
    headers = len(parts) if look.header else 0
    more = counted[0] - headers - log.reading.rows
    if spread or more <= 0:
        return log
    note = f"rows go on for several lines, {more:,} in all, as quotes allow: --quotes no forbids it"
    return replace(log, reading=_noted(log.reading, note))


def _part(path: Path, look: Dialect, encoding: str, counted: list[int]) -> Rows:
    """The rows of a part after its header, which must be that of the first."""
    rows = look.all_rows(path, encoding, counted)
    if not look.header:
        return rows
    first = next(rows, None)
    if first is None:
        return iter(())
    there = tuple(name.strip() for name in first[1])
    if look.names not in (there, ("", *there), (*there, "")):
        shown = ", ".join(repr(clipped(name, 30)) for name in there[:8])
        raise DataError(
            f"this part has other columns than the first: {shown}",
            where=f"{path}, line {first[0]}",
            allowed=", ".join(look.names[:24]),
        )
    return rows


def _beside(
    folders: tuple[tuple[str, str], ...], names: Sequence[str]
) -> tuple[tuple[str, str], ...]:
    """What the folders say that the file's own columns do not."""
    return tuple((name, value) for name, value in folders if name not in names)


def _same_folders(parts: Sequence[Part]) -> None:
    keys = [tuple(name for name, _ in folders) for _, folders in parts]
    if len(set(keys)) > 1:
        raise DataError(
            "the parts lie in folders of several kinds",
            where=str(parts[0][0].parent),
            remedy="name one of them",
        )


def _noted(reading: Reading, note: str) -> Reading:
    return msgspec.structs.replace(reading, notes=(*reading.notes, note))


def read_movielens(path: Path, look: Dialect, settings: DataSettings, reading: Reading) -> Log:
    """``ratings.csv`` of ml-latest, ml-latest-small, ml-20m, ml-25m and ml-32m.

    Raises:
        DataError: another header, or a row that is not right.
    """
    if look.names != COLUMNS:
        raise DataError(
            f"the columns are {clipped(', '.join(look.names), 200)}",
            where=f"{path}, line 1",
            allowed=",".join(COLUMNS),
            remedy="for another table say --format csv (format = 'csv' in [data] of a study)",
        )
    shape = Shape(
        columns=COLUMNS,
        line="'1,31,2.5,1260759144'",
        picked=pick(Header(COLUMNS, str(path)), settings),
        rated=2,
        digits=True,
        time_form="number",
        remedy="if it is not MovieLens' own, say --format csv",
    )
    return parse(((path, look.rows(path, reading.encoding)),), shape, settings, reading)


def fits_movielens(look: Dialect) -> bool:
    """Whether a table has MovieLens' header and its kind of values."""
    if look.names != COLUMNS or look.separator != ",":
        return False
    return all(
        len(row) == 4 and row[0].isdecimal() and row[1].isdecimal() and _numbers(row[2:])
        for row in look.head
    )


def _numbers(words: Sequence[str]) -> bool:
    try:
        list(map(float, chain(words)))
    except ValueError:
        return False
    return True
