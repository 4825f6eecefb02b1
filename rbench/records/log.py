"""How a log was read, and what was understood of it."""

from __future__ import annotations

from typing import Any

from rbench.records.document import Document


class Reading(Document, frozen=True, kw_only=True):
    """How a log was read: every "auto" resolved."""

    format: str = ""
    files: int = 1
    packed: str = ""
    """What the files are wrapped in: ``gzip``, ``bzip2``, ``xz``, ``zstd``, ``zip`` or nothing."""
    encoding: str = ""
    separator: str = ""
    """Of a text table, in words: ``comma``, ``tab``, …"""
    header: str = ""
    """``yes`` or ``no``, where there could be one."""
    comment: str = ""
    user: str = ""
    item: str = ""
    time: str = ""
    rating: str = ""
    """Names of the columns that were read; their numbers from 1 where there is no header."""
    time_format: str = ""
    """``number``, ``iso``, strptime's words, or the type of a Parquet column."""
    time_unit: str = ""
    rows: int = 0
    """Interactions that the files hold, before anything is left out."""
    skipped: dict[str, int] = {}
    """Why rows or lines were left out -> how many."""
    notes: tuple[str, ...] = ()
    """What is worth a look, in words."""

    def __str__(self) -> str:
        """One line."""
        where = f"{self.files:,} files of {self.format}" if self.files > 1 else self.format
        kind = [where, self.packed, self.encoding]
        kind += [f"separated by {self.separator}" if self.separator else ""]
        kind += ["no header" if self.header == "no" else ""]
        roles = [
            f"{role} {name!r}"
            for role, name in (("user", self.user), ("item", self.item), ("time", self.time))
            if name
        ]
        if self.time:
            roles[-1] += f" ({self.time_format}{', ' if self.time_unit else ''}{self.time_unit})"
        left_out = [f"{count:,} {why}" for why, count in self.skipped.items() if count]
        parts = [", ".join(filter(None, kind)), ", ".join(roles)]
        parts += ["left out: " + ", ".join(left_out)] if left_out else []
        return "; ".join(filter(None, parts))


class DataSummary(Document, frozen=True, kw_only=True):
    """What was understood of a log."""

    name: str
    format: str
    users: int
    items: int
    """Distinct items in the log, after filters."""
    catalogue: int
    """Items that training has seen: what can be recommended."""
    interactions: int
    split: str
    test_users: int
    validation_users: int
    checksum: str
    """sha256 over the split: who is asked what, with which history."""
    ideal: dict[str, float] = {}
    """Best possible value of a metric, where the data's maker knows it."""
    details: dict[str, Any] = {}
    reading: Reading = Reading()
    """How the log was read."""
