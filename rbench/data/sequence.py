"""``user item`` lines (SASRec, BERT4Rec) and ``user item item …`` lines (LightGCN, S3Rec): the
order of lines and words is time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from rbench.data.columns import Picked
from rbench.data.log import Log
from rbench.data.movielens import fields
from rbench.data.rows import Rows, Shape, parse
from rbench.data.settings import DataSettings
from rbench.records import Reading

SHAPE = Shape(
    columns=("user", "item"),
    line="'1 4711'",
    picked=Picked(user=0, item=1, time=None),
    remedy="one sequence a line is --format sequence",
)


def read_pairs(path: Path, settings: DataSettings, reading: Reading) -> Log:
    """The two ids are any words without white space.

    Raises:
        DataError: a line is not two words.
    """
    return parse(((path, fields(path, None, reading.encoding)),), SHAPE, settings, reading)


def read_lines(path: Path, settings: DataSettings, reading: Reading) -> Log:
    """The first word of a line is the user, the others are items, oldest first.

    Raises:
        DataError: it cannot be read.
    """
    separator = settings.between or None
    seen: set[str] = set()
    again = [0, 0]

    def rows() -> Rows:
        for line, words in fields(path, separator, reading.encoding):
            user, *items = words
            again[0] += user in seen
            again[1] += not items
            seen.add(user)
            for item in items:
                yield line, [user, item]

    log = parse(((path, rows()),), SHAPE, settings, reading)
    notes = ["each line is one user's items, taken as oldest first"]
    notes += [f"{again[0]:,} lines go on with a user of an earlier line"] if again[0] else []
    notes += [f"{again[1]:,} lines name a user without items"] if again[1] else []
    said = msgspec.structs.replace(log.reading, notes=(*notes, *log.reading.notes))
    return replace(log, reading=said)


READERS = {"user-item": read_pairs, "sequence": read_lines}


def kind_of(lines: Sequence[str]) -> str:
    """``user-item``, ``sequence``, ``either`` a table or sequences, or nothing of these."""
    rows = [line.split() for line in lines]
    if not rows or not all(word.isdecimal() for row in rows for word in row):
        return ""
    widths = {len(row) for row in rows}
    if widths == {2}:
        return "user-item"
    if len(widths) > 1:
        return "sequence"
    return "either" if widths != {1} else ""
