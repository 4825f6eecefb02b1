"""MovieLens as GroupLens packs it: ``::`` (1M, 10M), tabs (100K). The CSV ones are tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rbench.data import text
from rbench.data.columns import Header, Picked
from rbench.data.log import Log
from rbench.data.rows import Rows, Shape, parse
from rbench.data.settings import DataSettings
from rbench.records import Reading

COLUMNS = ("userId", "movieId", "rating", "timestamp")
SEPARATORS = {"movielens-dat": "::", "movielens-100k": "\t"}
_LINES = {
    "movielens-dat": "'1::1193::5::978300760'",
    "movielens-100k": "'196<tab>242<tab>3<tab>881250949'",
}
HIGHEST = 5
"""Rating of MovieLens' scale."""
EARLIEST_S = 10 * 365 * 86400


def read(path: Path, form: str, settings: DataSettings, reading: Reading) -> Log:
    """``ratings.dat`` of ml-1m and ml-10m, or ``u.data`` of ml-100k.

    Raises:
        DataError: a line is not four numbers between the separators.
    """
    shape = Shape(
        columns=COLUMNS,
        line=_LINES[form],
        picked=Picked(
            user=0,
            item=1,
            time=3,
            rating=2 if settings.min_rating is not None else None,
            beside=tuple(Header(COLUMNS, str(path)).named(name) for name in settings.beside),
        ),
        rated=2,
        digits=True,
        time_form="number",
        remedy="if it is no MovieLens log, say --format csv",
    )
    rows = fields(path, SEPARATORS[form], reading.encoding)
    return parse(((path, rows),), shape, settings, reading)


def fields(path: Path, separator: str | None, encoding: str) -> Rows:
    """The lines of a file that are not blank: line number from 1, and what lies between the
    separators (any run of white space, where None).

    Raises:
        DataError: as `text.opened`.
    """
    with text.opened(path, encoding) as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield (
                    number,
                    line.split() if separator is None else line.rstrip("\n").split(separator),
                )


def fits(lines: Sequence[str], form: str) -> bool:
    """Whether lines have MovieLens' kind of values in its order: the rating is small, the time is
    not.
    """
    for line in lines:
        words = line.split(SEPARATORS[form])
        try:
            user, item, rating, time = words
            good = user.isdecimal() and item.isdecimal() and 0 <= float(rating) <= HIGHEST
            if not good or int(time) < EARLIEST_S:
                return False
        except ValueError:
            return False
    return bool(lines)


def contradicts(lines: Sequence[str], form: str) -> bool:
    """Whether whole lines hold ratings that MovieLens does not know: another order of columns."""
    for line in lines:
        words = line.split(SEPARATORS[form])
        try:
            if len(words) == 4 and not 0 <= float(words[2]) <= HIGHEST:
                return True
        except ValueError:
            continue
    return False
