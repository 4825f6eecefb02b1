"""MovieLens as GroupLens packs it: ``::`` (1M, 10M), tabs (100K). The CSV ones are tables."""

from __future__ import annotations

from pathlib import Path

from rbench.data import text
from rbench.data.log import Log
from rbench.data.rows import Shape, parse

COLUMNS = ("userId", "movieId", "rating", "timestamp")

DAT = Shape(
    format="movielens-dat",
    columns=COLUMNS,
    line="'1::1193::5::978300760'",
    user=0,
    item=1,
    rating=2,
    time=3,
    digits=True,
    time_kind="number",
)
U_DATA = Shape(
    format="movielens-100k",
    columns=COLUMNS,
    line="'196<tab>242<tab>3<tab>881250949'",
    user=0,
    item=1,
    rating=2,
    time=3,
    digits=True,
    time_kind="number",
)


def read_dat(path: Path) -> Log:
    """``ratings.dat`` of ml-1m and ml-10m.

    Raises:
        DataError: a line is not four numbers between ``::``.
    """
    return parse(path, text.fields(path, "::", "latin-1"), DAT)


def read_u_data(path: Path) -> Log:
    """``u.data`` of ml-100k.

    Raises:
        DataError: a line is not four numbers between tabs.
    """
    return parse(path, text.fields(path, "\t", "latin-1"), U_DATA)
