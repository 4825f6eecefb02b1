"""What a gate found."""

from __future__ import annotations

from typing import Literal

import msgspec

Status = Literal["pass", "fail"]
Outcome = Literal["pass", "fail", "nothing measured"]
Unit = Literal["bytes", ""]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One limit held against one number, or one thing that keeps a number from being had."""

    status: Status
    subject: str
    """Model or cell, e.g. ``attention x dynamic_wi8``."""
    check: str
    """What was looked at: ``cell``, ``file``, ``run`` or the limit, e.g. ``size``."""
    message: str
    """The finding in words, subject and check left out."""
    number: float | None = None
    limit: float | None = None
    margin: float | None = None
    """Room left to the limit in ``unit``; negative by as much as it is broken."""
    unit: Unit = ""

    @property
    def measured(self) -> bool:
        """Whether a number met a limit."""
        return self.number is not None and self.limit is not None


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
        """0: every limit holds; 1: a limit is broken, a cell failed, or something that the gate
        should see is missing; 2: nothing was measured.
        """
        if self.count("fail"):
            return 1
        return 0 if any(finding.measured for finding in self.findings) else 2

    @property
    def outcome(self) -> Outcome:
        """The verdict as one word or two."""
        return ("pass", "fail", "nothing measured")[self.exit_code]  # type: ignore[return-value]

    @property
    def summary(self) -> str:
        """The verdict as one sentence."""
        if not self.findings:
            return "no limit met a number"
        words = [("fail", "failed"), ("pass", "passed")]
        counts = {word: sum(f.status == status for f in self.findings) for status, word in words}
        return ", ".join(f"{count} {word}" for word, count in counts.items() if count)
