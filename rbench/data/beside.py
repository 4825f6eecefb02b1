"""What stands beside the items of a log: columns that features are made from."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from rbench.data.dataset import Columns
from rbench.data.sequences import Sequences
from rbench.data.times import PER_SECOND
from rbench.errors import DataError
from rbench.features.feature import TIME


def beside_items(log: Sequences, columns: Collection[str]) -> Columns:
    """Values beside ``log.items.values``.

    Raises:
        DataError: the log has no such column.
    """
    found = {}
    for name in columns:
        if name != TIME:
            raise DataError(f"no column {name!r} to make a feature of", where=log.where)
        found[name] = _seconds(log)
    return found


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
