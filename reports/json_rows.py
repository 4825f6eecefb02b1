"""The JSON report: a list with one flat object a cell, for ``pandas.read_json``."""

from __future__ import annotations

from typing import Any

from rbench.compare import Comparison
from rbench.records import Run
from rbench.text.shown import json_text
from rbench_reports.rows import record_rows


class Json:
    """`rbench report RUN --format json`."""

    suffix = ".json"

    def render(self, run: Run, baseline: Run | None = None) -> str:
        """The records, nested keys joined by dots. A baseline adds nothing."""
        return _text(record_rows(run))

    def compare(self, comparison: Comparison) -> str:
        """The whole comparison as one document, see docs/file-formats.md."""
        return _text(comparison)


def _text(value: Any) -> str:
    return json_text(value, indented=True) + "\n"
