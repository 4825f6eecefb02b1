"""What a gate found."""

from __future__ import annotations

from typing import Literal

import msgspec

Status = Literal["pass", "warn", "fail", "not comparable"]
Outcome = Literal["pass", "warn", "fail", "nothing measured"]
Unit = Literal["bytes", "share", "ratio", "us", "score", ""]

WORDS: dict[Status, str] = {
    "fail": "failed",
    "warn": "warned",
    "pass": "passed",
    "not comparable": "not comparable",
}
"""Status -> the word for findings of it, worst first."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One limit held against one number, or one thing that keeps a number from being had."""

    status: Status
    subject: str
    """Model, cell or file, e.g. ``attention x dynamic_wi8``."""
    check: str
    """What was looked at: ``cell``, ``file``, ``run``, ``rule`` or the limit, e.g. ``size``,
    ``gzip growth``, ``ndcg@10 loss``, ``latency ratio``."""
    message: str
    """The finding in words, subject and check left out."""
    number: float | None = None
    limit: float | None = None
    """The limit that decided: the warning level where only that is exceeded."""
    margin: float | None = None
    """Room left to the limit in ``unit``; negative by as much as it is broken."""
    unit: Unit = ""
    interval: tuple[float, float] | None = None
    """Where the number lies beyond chance, for numbers that have some."""
    rule: str = ""
    """Table of the budget, e.g. ``cells[0]``; empty for what needs no rule."""

    @property
    def measured(self) -> bool:
        """Whether a number met a limit."""
        return self.number is not None and self.limit is not None


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """All findings of a gate, worst first, and what CI is told."""

    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()
    """What a reader should know beside the findings."""
    strict: bool = True
    """Whether what cannot be compared fails the gate, though something else was measured."""

    def count(self, status: Status) -> int:
        """How many findings have this status."""
        return sum(finding.status == status for finding in self.findings)

    @property
    def exit_code(self) -> int:
        """0: every limit holds; 1: a limit is broken or, where the gate is strict, cannot be
        judged, a cell failed, or something that the gate should see is missing; 2: nothing was
        measured or comparable.
        """
        if self.count("fail"):
            return 1
        if not any(finding.measured for finding in self.findings):
            return 2
        return int(any(map(self.fails, self.findings)))

    def fails(self, finding: Finding) -> bool:
        """Whether a finding keeps the gate from passing."""
        return finding.status == "fail" or (self.strict and finding.status == "not comparable")

    @property
    def outcome(self) -> Outcome:
        """The verdict as one word or two."""
        if self.exit_code:
            return "fail" if self.exit_code == 1 else "nothing measured"
        return "warn" if self.count("warn") else "pass"

    @property
    def summary(self) -> str:
        """The verdict as one sentence."""
        if not self.findings:
            return "no limit met a number"
        return ", ".join(
            f"{self.count(status)} {word}" for status, word in WORDS.items() if self.count(status)
        )
