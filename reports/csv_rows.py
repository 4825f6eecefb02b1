"""The CSV report: one row a cell, for ``pandas.read_csv`` and for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

import msgspec

from rbench.compare import Comparison
from rbench.records import Run
from rbench_reports.rows import Row, columns, record_rows, row

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes for the beginning of a formula: such a text gets an apostrophe in front,
which spreadsheets do not show. Numbers are left alone.

Source: OWASP, CSV Injection."""


class Csv:
    """`rbench report RUN --format csv`."""

    suffix = ".csv"

    def render(self, run: Run, baseline: Run | None = None) -> str:
        """The records; lists are JSON inside their field. A baseline adds nothing."""
        return csv_text(record_rows(run))

    def compare(self, comparison: Comparison) -> str:
        """One row a difference."""
        return csv_text([row(one) for one in comparison.differences])


def csv_text(rows: Sequence[Row]) -> str:
    """Rows as CSV with a head (RFC 4180, but lines end in LF); what a row has not is empty."""
    text = io.StringIO()
    names = columns(rows)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(guarded, names))
    writer.writerows([_field(one.get(name)) for name in names] for one in rows)
    return text.getvalue()


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text


def _field(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return msgspec.json.encode(value).decode()
    return guarded(value) if isinstance(value, str) else value
