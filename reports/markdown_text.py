"""Markdown that names cannot break: tables and lists, every word of them escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rbench.gate.markdown import escaped

MOST_ROWS = 400
"""In one table."""


def title(text: str, level: int = 1) -> str:
    """A heading."""
    return f"{'#' * level} {escaped(text)}"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], numbers: int = 0) -> str:
    """A table whose last columns are numbers."""
    rule = ["---"] * (len(heads) - numbers) + ["--:"] * numbers
    body = [[escaped(field) for field in row] for row in [heads, *rows[:MOST_ROWS]]]
    lines = [f"| {' | '.join(line)} |" for line in [body[0], rule, *body[1:]]]
    rest = len(rows) - MOST_ROWS
    return "\n".join(lines) + (f"\n\n… and {rest} more." if rest > 0 else "")


def bullets(lines: Iterable[str]) -> str:
    """A list."""
    return "\n".join(f"- {escaped(line)}" for line in lines)
