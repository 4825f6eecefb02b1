"""The tool's op profile, as a table in the log or as a CSV file.

Both hold several tables under titles, so that no CSV reader takes them; columns differ between
builds, so the header decides. In the CSV, a node's type may hold commas.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from rbench.errors import StageError

TITLE = "Operator-wise Profiling Info for Regular Benchmark Runs:"
SECTION = "Run Order"
_NUMBER = r"-?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?"
_TIME = r"\d{1,15}(?:\.\d*)?(?:[eE][+-]?\d\d?)?"


class Op(NamedTuple):
    """One node as the profiler saw it."""

    type: str
    """An operator of TensorFlow Lite, or a delegate's own name for its kernel."""
    name: str
    us: float
    """Microseconds per query, on average; the profiler's own cost is in the query, not here."""

    @property
    def delegated(self) -> bool:
        """Whether a delegate ran it."""
        return self.name.startswith("Delegate/") or (
            self.type.startswith("TfLite") and "Delegate" in self.type
        )


def read_ops(text: str) -> list[Op]:
    """The nodes of the first graph in the order that they ran.

    Raises:
        StageError: there is no such table, or it is torn.
    """
    _, title, rest = text.partition(TITLE)
    lines = iter(rest.split("\n")[1:-1])
    if not title or not any(line.strip("= ") == SECTION for line in lines):
        raise StageError("the tool left no op profile")
    header = next(lines, "")
    table = "\t" in header
    names = [name.strip(" []").lower() for name in header.split("\t" if table else ", ")]
    names = [name for name in names if name]
    if not {"node type", "name"} <= set(names) or not {"avg ms", "avg_ms"} & set(names):
        raise StageError(f"the op profile has columns of another kind: {header.strip()!r}")
    between = r"\s*\t\s*" if table else ", "
    row = re.compile(between.join(_pattern(name) for name in names), re.ASCII)
    found = list(_rows(lines, row))
    if not found:
        raise StageError("the op profile is empty")
    return found


def _pattern(column: str) -> str:
    if column == "node type":
        return r"\s*(?P<type>\S.*?)"
    if column == "name":
        return r"\[?(?P<name>.*)"
    if column in ("avg ms", "avg_ms"):
        return rf"(?P<avg>{_TIME})"
    return rf"{_NUMBER}%?"


def _rows(lines: Iterator[str], row: re.Pattern[str]) -> Iterator[Op]:
    for line in lines:
        if not line.strip():
            return
        found = row.fullmatch(line)
        if found is None:
            raise StageError(f"a row of the op profile is torn: {line.strip()[:120]!r}")
        yield Op(found["type"].strip(), found["name"], round(float(found["avg"]) * 1000, 6))
    raise StageError("the op profile is cut")


def by_type(ops: list[Op]) -> dict[str, float]:
    """Type -> microseconds per query, of all nodes of that type."""
    found: dict[str, float] = {}
    for op in ops:
        found[op.type] = round(found.get(op.type, 0.0) + op.us, 6)
    return dict(sorted(found.items()))
