"""What stands beside the items of a log: columns that features are made from."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from rbench.data.columns import clipped
from rbench.data.dataset import Columns
from rbench.data.sequences import Sequences
from rbench.data.times import PER_SECOND
from rbench.errors import DataError
from rbench.features.feature import NUMBERS, TIME, WORDS


def beside_items(log: Sequences, columns: Collection[str]) -> Columns:
    """Values beside ``log.items.values``.

    Raises:
        DataError: the log has no such column.
    """
    found = {}
    for name in columns:
        if name == TIME:
            found[name] = _seconds(log)
            continue
        kind, texts = _further(name), log.beside.get(_named(name))
        if not kind or texts is None:
            raise DataError(f"no column {name!r} to make a feature of", where=log.where)
        found[name] = _numbers(log, _named(name), texts) if kind == NUMBERS else texts
    return found


def further_columns(columns: Collection[str]) -> tuple[str, ...]:
    """The log's own names of columns beyond users, items and times."""
    return tuple(sorted({_named(name) for name in columns if _further(name)}))


def _further(name: str) -> str:
    return next((kind for kind in (NUMBERS, WORDS) if name.startswith(kind)), "")


def _named(name: str) -> str:
    return name.removeprefix(_further(name))


def _numbers(log: Sequences, name: str, texts: NDArray[np.str_]) -> NDArray[np.float64]:
    try:
        found = texts.astype(np.float64)
    except ValueError:
        found = np.full(len(texts), np.nan)
    if np.isfinite(found).all():
        return found
    wrong = next(text for text in texts.tolist() if not _is_number(text))
    raise DataError(
        f"column {name!r} holds {clipped(wrong)!r}",
        where=log.where,
        allowed="a number in every row",
        remedy='take words as such: use = "category" in the study\'s [features]',
    )


def _is_number(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False


def _seconds(log: Sequences) -> np.ndarray:
    """int64 seconds since 1970."""
    if log.times is None:
        raise DataError(
            "a log without times has no gaps between items",
            where=log.where,
            allowed="a time in every row, see --time-column",
            remedy="leave time_gaps out of the study's [features]",
        )
    if log.time_unit not in PER_SECOND:
        raise DataError(
            "the times are numbers of no known unit: how long a gap is, they do not say",
            where=log.where,
            allowed="dates, or numbers since 1970 in s, ms, us or ns",
            remedy="say --time-unit, or leave time_gaps out of the study's [features]",
        )
    seconds = log.times // PER_SECOND[log.time_unit]
    return np.asarray(seconds).astype(np.int64)
