"""Paths that processes and records pass on as text."""

from __future__ import annotations

from pathlib import Path

from rbench.errors import UsageError


def must_be_text(*paths: Path | None) -> None:
    """Refuse names that no text can hold.

    Raises:
        UsageError: a path is not UTF-8.
    """
    for path in filter(None, paths):
        try:
            str(path).encode()
        except UnicodeEncodeError as error:
            raise UsageError(
                "the path holds bytes that are not UTF-8, which no record can hold",
                where=str(path),
                remedy="rename it, or make a link of another name to it",
            ) from error
