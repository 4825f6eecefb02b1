"""What items are called: the log's own ids, and columns of a table that somebody has of them."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from rbench.data import item_tables
from rbench.errors import DataError, RecordError
from rbench.records import Record, Run
from rbench.records.run_folder import ITEMS, read_items
from rbench.ship.documents import ItemNames

TITLES = ("title", "name", "itemname", "productname", "itemtitle", "producttitle", "trackname")
"""Usual names of the column that people read, in lower case, letters and digits only."""
MOST_LETTERS = 500
"""Of one text; what is longer is cut, and said."""
MOST_PLAIN = 30_000
"""Bytes of the columns as JSON; more are packed, which leaves half of them."""


class Titles(NamedTuple):
    """A table with one line an item, and what to take of it."""

    path: Path
    columns: tuple[str, ...] = ()
    """Taken; where none is named, the one that is called title or name."""
    id_column: str = ""
    """Holds the log's own ids; where not named, a usual name of them or the first column."""


class Named(NamedTuple):
    """The names, and what is worth knowing about how they came together."""

    items: ItemNames
    notes: tuple[str, ...] = ()


def names_of(run: Run, record: Record, titles: Titles | None) -> Named:
    """The names of a cell's items.

    Raises:
        RecordError: the run folder does not tell, or tells those of another split.
        DataError: the table cannot be read, has no such column, or is of other items.
    """
    remedy = "run the same sweep again with --out: what is done is not done again"
    if not (run.folder / ITEMS).is_file():
        raise RecordError(
            "no items.json: nobody knows which item an index of the model stands for",
            where=str(run.folder),
            remedy=remedy,
        )
    known = read_items(run.folder)
    if known.data != record.data:
        raise RecordError(
            "is of another split of the log than the model",
            where=str(run.folder / ITEMS),
            remedy=remedy,
        )
    if not known.items or known.items[0]:
        raise RecordError("index 0 is not padding", where=str(run.folder / ITEMS), remedy=remedy)
    if len(set(known.items)) < len(known.items):
        raise RecordError("two indices have one name", where=str(run.folder / ITEMS), remedy=remedy)
    if titles is None:
        return Named(ItemNames(data=known.data, items=known.items))
    columns, notes = _joined(titles, known.items)
    return Named(ItemNames(data=known.data, items=known.items, columns=columns), notes)


def packed(names: ItemNames) -> ItemNames:
    """The same with its columns packed, where they are long."""
    columns = msgspec.json.encode(names.columns)
    if len(columns) <= MOST_PLAIN:
        return names
    text = base64.b64encode(zlib.compress(columns, 9)).decode()
    return msgspec.structs.replace(names, columns={}, packed=text)


def _joined(
    titles: Titles, items: Sequence[str]
) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """The columns' texts by index."""
    where = str(titles.path)
    header, rows, read_notes = item_tables.read(titles.path)
    key = item_tables.id_column(header, titles.id_column, where)
    wanted = [item_tables.at(header, name, where) for name in titles.columns]
    wanted = wanted or [_title(header, key, where)]
    found: dict[str, list[str]] = {}
    twice = cut = 0
    for row in rows:
        if len(row) <= max(key, *wanted):
            continue
        name = row[key].strip()
        texts = [" ".join(row[at].split()) for at in wanted]
        cut += sum(len(text) > MOST_LETTERS for text in texts)
        twice += name in found
        found.setdefault(name, [text[:MOST_LETTERS] for text in texts])
    item_tables.add_whole_numbers(found)
    known = [found.get(name) for name in items]
    missing = len(items) - 1 - sum(one is not None for one in known[1:])
    if missing == len(items) - 1:
        first = next(iter(found), "")
        raise DataError(
            f"column {header[key]!r} holds none of the log's items: it has e.g. {first!r}, the log "
            f"{items[1] if len(items) > 1 else ''!r}",
            where=where,
            remedy=f"name the column with the log's ids: --id-column, one of {', '.join(header)}",
        )
    empty = [""] * len(wanted)
    notes = [*read_notes]
    for at in dict.fromkeys((key, *wanted)):
        others = [item_tables.plain(name) for name in header].count(
            item_tables.plain(header[at])
        ) - 1
        if others:
            notes.append(
                f"{others + 1} columns of {titles.path.name} are called {header[at]!r}: column "
                f"{at + 1} was taken"
            )
    if missing:
        notes.append(f"{missing:,} of {len(items) - 1:,} items have no line in {titles.path.name}")
    if twice:
        notes.append(f"{twice:,} lines of {titles.path.name} are of an item that had one before")
    if cut:
        notes.append(f"{cut:,} texts were cut to {MOST_LETTERS} characters")
    return {
        header[at]: tuple((one or empty)[place] for one in known) for place, at in enumerate(wanted)
    }, tuple(notes)


def _title(header: Sequence[str], key: int, where: str) -> int:
    plain = [item_tables.plain(name) for name in header]
    found = next((plain.index(name) for name in TITLES if name in plain), None)
    if found is None or found == key:
        others = [name for at, name in enumerate(header) if at != key]
        raise DataError(
            "no column is called title or name",
            where=where,
            allowed=", ".join(others) or "a column beside the ids",
            remedy="say which: --column NAME",
        )
    return found
