"""What a rule asks for, by the names of its checks; and what of that no number answered.

A limit that met nothing is not kept: where a rule's cells could not be asked one of its questions,
that is a finding of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rbench.gate.levels import Subject
from rbench.gate.personal import LEARNING, TAP
from rbench.gate.rules import CellRule, FileRule
from rbench.gate.verdict import Finding
from rbench.records import Record


def checks(rule: CellRule | FileRule) -> Iterator[str]:
    """The checks that a rule asks for, as its findings name them."""
    for kind, limit in (("size", rule.size), ("gzip", rule.gzip)):
        if limit is not None:
            yield from _set(kind, limit.warn, limit.max)
            yield from _set(f"{kind} growth", limit.warn_growth, limit.max_growth)
            yield from _set(f"{kind} drift", limit.warn_drift, limit.max_drift)
    if isinstance(rule, FileRule):
        return
    for metric, floor in rule.quality.items():
        yield from _set(metric, floor.warn, floor.min)
        yield from _set(f"{metric} loss", floor.warn_loss, floor.max_loss)
    if rule.latency is not None:
        yield from _set("latency ratio", rule.latency.warn_ratio, rule.latency.max_ratio)
        yield from _set("latency", rule.latency.warn_us, rule.latency.max_us)
    if rule.delegation is not None:
        yield "delegation"
    if rule.learning is not None:
        yield LEARNING
    if rule.tap is not None:
        yield TAP


def _set(check: str, *levels: float | None) -> Iterator[str]:
    if any(level is not None for level in levels):
        yield check


def unanswered(
    rule: CellRule, name: str, records: Sequence[Record], findings: Iterable[Finding]
) -> Iterator[Finding]:
    """The checks of a rule that none of the findings is about; a rule that need not match any cell
    need not be answered either.

    Args:
        records: those that the rule matches.
        findings: of the whole run.
    """
    if rule.optional or not records:
        return
    known = [one for one in findings if one.rule == name]
    answered = {one.check for one in known}
    states = sorted({record.state for record in records})
    said = "no cell that it matches could be asked"
    if "ok" not in states:
        said = f"every cell that it matches is {' or '.join(states)}"
    for check in checks(rule):
        if check not in answered:
            yield Subject(pattern(rule), check, name).unlike(said)


def pattern(rule: CellRule) -> str:
    """The cells of a rule in words."""
    return f"{rule.encoder} x {rule.recipe} x {rule.target}"
