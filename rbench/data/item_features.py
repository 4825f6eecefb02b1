"""What a table says of the items of a catalogue: a few values each, which items share.

What only one item has is left out: nothing is learnt from it that the item's own row does not hold.
Within a column, the weights of an item's values add up to 1.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from rbench.data import item_tables
from rbench.data.dataset import ItemFeatures, Ragged
from rbench.data.settings import ItemColumn, ItemsSettings
from rbench.errors import DataError

YEAR = re.compile(r"(?<!\d)(1[89]\d\d|20\d\d)(?!\d)")
WORD = re.compile(r"[^\W\d_]{2,}")
SHARED = 2
"""Items that a value needs."""


class Known(NamedTuple):
    """The features, and what records say of them."""

    features: ItemFeatures
    columns: tuple[dict[str, Any], ...]
    """Of each: ``column``, ``kind``, ``values``, and ``coverage``, the share of items that have
    one."""
    notes: tuple[str, ...]

    def said(self) -> dict[str, Any]:
        """For `rbench.records.DataSummary.details`."""
        found: dict[str, Any] = {
            f"{one['column']} ({one['kind']})": {
                "values": one["values"],
                "coverage": one["coverage"],
            }
            for one in self.columns
        }
        return {**found, **({"notes": list(self.notes)} if self.notes else {})}


def item_features(
    settings: ItemsSettings, items: Sequence[str], names: Sequence[str] | None = None
) -> Known:
    """Read the table and find every item in it.

    Args:
        items: the log's own ids, in the order of the rows.
        names: the values that are known already, where others are of no use; by default those that
            at least `SHARED` of these items have.

    Raises:
        DataError: the table cannot be read, has no such column, is of other items, or a column
            says nothing.
    """
    path = Path(settings.path).expanduser()
    table = item_tables.read(path)
    where = str(path)
    key = item_tables.id_column(table.header, settings.id_column, where)
    places = [item_tables.at(table.header, one.column, where) for one in settings.columns]
    lines: dict[str, list[str]] = {}
    twice = short = 0
    for row in table.rows:
        if len(row) <= max(key, *places):
            short += any(row)
            continue
        name = row[key].strip()
        twice += name in lines
        lines.setdefault(name, row)
    item_tables.add_whole_numbers(lines)
    found = [lines.get(item) for item in items]
    missing = sum(row is None for row in found)
    if missing == len(items):
        first = next(iter(lines), "")
        raise DataError(
            f"column {table.header[key]!r} holds none of the log's items: it has e.g. {first!r}, "
            f"the log {items[0] if items else ''!r}",
            where=where,
            remedy='say which has the log\'s ids: id_column = "..." in [items], one of '
            + ", ".join(table.header),
        )
    notes = [*table.notes]
    if missing:
        notes.append(f"{missing:,} of {len(items):,} items have no line in {path.name}")
    if twice:
        notes.append(f"{twice:,} lines of {path.name} are of an item that had one before")
    if short:
        notes.append(f"{short:,} lines of {path.name} are too short")
    columns, said = [], []
    for one, place in zip(settings.columns, places, strict=True):
        made = [_values(one, row[place]) if row else [] for row in found]
        made = _kept(one, made, names)
        columns.append(made)
        values = {value for some in made for value in some}
        if not values and names is None:
            raise DataError(
                _nothing(one, [row[place] for row in found if row], len(items)),
                where=where,
                allowed=f"a value of {one.kind} that at least {SHARED} items have",
                remedy="see kind and separator in [items]",
            )
        covered = sum(map(bool, made)) / len(items)
        said.append(
            {
                "column": one.column,
                "kind": one.kind,
                "values": len(values),
                "coverage": round(covered, 4),
            }
        )
    return Known(_together(columns, names, len(items)), tuple(said), tuple(notes))


def _values(column: ItemColumn, text: str) -> list[str]:
    """What a text says, each once."""
    text = text.strip()
    if column.kind == "multi_hot":
        found = [part.strip() for part in text.split(column.separator)]
    elif column.kind == "year":
        years = YEAR.findall(text)
        found = [years[-1], f"{years[-1][:3]}0s"] if years else []
    elif column.kind == "words":
        words = WORD.findall(text.lower())
        found = [str(zlib.crc32(word.encode()) % column.buckets) for word in words]
    else:
        found = [text]
    return [f"{column.column}:{column.kind}={one}" for one in dict.fromkeys(filter(None, found))]


def _kept(
    column: ItemColumn, made: Sequence[list[str]], names: Sequence[str] | None
) -> list[list[str]]:
    if names is None:
        counts: dict[str, int] = {}
        for some in made:
            for value in some:
                counts[value] = counts.get(value, 0) + 1
        known = {value for value, count in counts.items() if count >= SHARED}
    else:
        known = set(names)
    return [[value for value in some if value in known] for some in made]


def _nothing(column: ItemColumn, texts: Sequence[str], items: int) -> str:
    example = next(filter(None, texts), "")
    what = "holds no year" if column.kind == "year" else "holds nothing that two items share"
    return f"column {column.column!r} {what} for any of {items:,} items, e.g. {example[:60]!r}"


def _together(
    columns: Sequence[Sequence[list[str]]], names: Sequence[str] | None, items: int
) -> ItemFeatures:
    if names is None:
        names = sorted({value for column in columns for some in column for value in some})
    number = {name: place for place, name in enumerate(names)}
    values: list[int] = []
    weights: list[float] = []
    offsets = np.zeros(items + 1, np.int64)
    for item in range(items):
        for column in columns:
            values += [number[value] for value in column[item]]
            weights += [1 / max(1, len(column[item]))] * len(column[item])
        offsets[item + 1] = len(values)
    return ItemFeatures(
        Ragged(np.array(values, np.int32), offsets), np.array(weights, np.float32), tuple(names)
    )
