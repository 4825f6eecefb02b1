"""The CSV report: one row a cell, for ``pandas.read_csv`` and for spreadsheets."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from typing import Any

from rbench.compare import Comparison
from rbench.records import Run
from rbench.text.shown import json_text, line
from rbench_reports.rows import Row, columns, record_rows, row

_FORMULA = re.compile(r"(^|;)(?=\s*(?:[=+@\-\uff1d\uff0b\uff20\uff0d]|::))")
"""Where a spreadsheet sees a formula begin: at the front, or behind the semicolon that parts fields
in half of the world. Such a text gets an apostrophe there, which spreadsheets do not show. Numbers
are left alone. Two colons in front order GitHub's runner about.

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
    """Rows as CSV with a head (RFC 4180, but lines end in LF); what a row has not is empty.

    A text stands on one line, so that every reader sees the same rows.
    """
    text = io.StringIO()
    names = columns(rows)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(guarded, names))
    writer.writerows([_field(one.get(name)) for name in names] for one in rows)
    return text.getvalue()


def guarded(text: str) -> str:
    """A text on one line that no spreadsheet takes for a formula."""
    return _FORMULA.sub(r"\1'", line(text))


def _field(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return json_text(value)
    return guarded(value) if isinstance(value, str) else value
