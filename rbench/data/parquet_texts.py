"""A Parquet table as texts, for what people have of their items."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from rbench.data.parquet_table import arrow
from rbench.errors import DataError


def texts_of(path: Path) -> tuple[list[str], list[list[str]]]:
    """Its header and rows; a list's values stand behind each other with ", " between them.

    Raises:
        DataError: it is torn.
        MissingExtraError: pyarrow is not installed.
    """
    pa, parquet = arrow(path)
    try:
        table = parquet.read_table(path)
        columns = [[_text(value) for value in column.to_pylist()] for column in table.columns]
    except (pa.ArrowException, UnicodeDecodeError, OSError, KeyError) as error:
        what = (str(error) or type(error).__name__).splitlines()[0]
        raise DataError(f"no Parquet that can be read: {what}", where=str(path)) from error
    return list(table.column_names), [list(row) for row in zip(*columns, strict=True)]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value))
    if isinstance(value, datetime.date):
        return value.isoformat()
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
