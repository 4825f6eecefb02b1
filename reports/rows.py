"""Documents as flat rows for tables: nested keys joined by dots."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from rbench.records import Run
from rbench.records.caveats import gaps, notes_of

Row = dict[str, Any]


def record_rows(run: Run) -> list[Row]:
    """One row a cell, as `Run.frame` has them, and under ``notes`` what a reader should know of
    the run as a whole: what is missing, and what its scores cannot say.
    """
    notes = [*gaps(run), *notes_of(run)]
    return [{**row(record), "notes": notes} for record in run.records]


def row(document: Any) -> Row:
    """One document: its leaves are plain values and lists."""
    return dict(_leaves(msgspec.to_builtins(document)))


def columns(rows: Iterable[Row]) -> list[str]:
    """Every key that some row has, in the order in which they come."""
    return list(dict.fromkeys(key for one in rows for key in one))


def _leaves(table: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
