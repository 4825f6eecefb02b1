"""What a gate found."""

from __future__ import annotations

from typing import Literal

import msgspec

Status = Literal["pass", "warn", "fail", "not comparable"]
Unit = Literal["bytes", "share", "ratio", "us", "score", "nodes", ""]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One limit, held against one number."""

    status: Status
    subject: str
    """Cell, model or file, e.g. ``attention x dynamic_wi8``."""
    check: str
    """Which limit, e.g. ``size``, ``size growth``, ``ndcg@10 loss``."""
    message: str
    """The whole finding in words, subject and check left out."""
    number: float | None = None
    limit: float | None = None
    """The limit that decided: the warning level for ``warn``."""
    margin: float | None = None
    """Room left to the limit in ``unit``; negative by as much as it is broken."""
    unit: Unit = ""
    interval: tuple[float, float] | None = None
    """Where the number lies, beyond chance."""
    rule: str = ""
    """Key of the budget, e.g. ``cells[0].size.max``."""

    @property
    def measured(self) -> bool:
        """Whether a number met a limit."""
        return self.number is not None and self.status != "not comparable"


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """All findings of a gate, worst first, and what CI is told."""

    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()
    """What a reader should know beside the findings."""

    def count(self, status: Status) -> int:
        """How many findings have this status."""
        return sum(finding.status == status for finding in self.findings)

    @property
    def exit_code(self) -> int:
        """0: every limit that was measured holds; 1: a limit is broken, or something that the
        gate should see is missing or failed; 2: nothing was measured or comparable.
        """
        if self.count("fail"):
            return 1
        return 0 if any(finding.measured for finding in self.findings) else 2

    @property
    def status(self) -> Status:
        """The verdict as one word."""
        if self.exit_code == 1:
            return "fail"
        if self.exit_code == 2:
            return "not comparable"
        return "warn" if self.count("warn") else "pass"

    @property
    def summary(self) -> str:
        """The verdict as one sentence."""
        counts = [
            f"{self.count(status)} {word}"
            for status, word in (
                ("fail", "failed"),
                ("warn", "warned"),
                ("pass", "passed"),
                ("not comparable", "not comparable"),
            )
            if self.count(status)
        ]
        found = ", ".join(counts) or "no limit met a number"
        if self.exit_code == 2:
            return f"nothing was measured: {found}"
        return found
