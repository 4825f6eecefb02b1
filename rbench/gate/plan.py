"""Which questions a budget asks of a run's cells, and how surely each must be answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from functools import cached_property, partial

from rbench.gate.against import Against, Made, models_in, models_of
from rbench.gate.asked import pattern, unanswered
from rbench.gate.delegation import asked, judge_delegation
from rbench.gate.latency import judge_ratio, judge_time, noise_alone, noise_on
from rbench.gate.levels import Subject
from rbench.gate.limits import Limits
from rbench.gate.personal import judge_learning, judge_tap
from rbench.gate.quality import judge_floor, judge_loss
from rbench.gate.rules import CellRule
from rbench.gate.verdict import Finding
from rbench.records import CellName, Record, Run
from rbench.stats import alpha_each

Uncertain = Callable[[float], Finding]
"""Significance level -> the finding."""


class _Asked:
    """A rule, and what it matches."""

    def __init__(self, rule: CellRule, name: str, records: list[Record]) -> None:
        self.rule = rule
        self.name = name
        self.records = records
        self.subjects = {one.subject for record in records for one in models_in(record)}


class Plan:
    """The questions of a budget to a run."""

    def __init__(self, limits: Limits, run: Run, against: Against | None) -> None:
        self.limits = limits
        self.run = run
        self.against = against
        self.rules = [
            _Asked(rule, f"cells[{number}]", matched(rule, run))
            for number, rule in enumerate(limits.cells)
        ]
        targets = {record.cell.target for record in run.records}
        self.noise = {target: noise_on(run, target) for target in targets}
        self.alone = {target: noise_alone(run, target) for target in targets}

    def rules_for(self, made: Made) -> Iterator[tuple[CellRule, str]]:
        """The rules that match some cell of a model."""
        return ((one.rule, one.name) for one in self.rules if made.subject in one.subjects)

    def answers(self) -> Iterator[Finding]:
        """All findings but those on sizes."""
        for asked_for in self.rules:
            rule, name, found = asked_for.rule, asked_for.name, asked_for.records
            if not found and not rule.optional:
                yield Subject(pattern(rule), "rule", name).broken("no cell of this run matches")
            yield from self._certain(rule, name, _done(found))
        for answer in self.uncertain:
            yield answer(self.alpha)

    def unanswered(self, findings: Sequence[Finding]) -> Iterator[Finding]:
        """What the rules ask for and none of the findings is about."""
        for one in self.rules:
            yield from unanswered(one.rule, one.name, one.records, findings)

    @cached_property
    def uncertain(self) -> list[Uncertain]:
        """The questions whose answers chance has a part in."""
        return [
            answer
            for one in self.rules
            for answer in self._uncertain(one.rule, one.name, _done(one.records))
        ]

    @property
    def alpha(self) -> float:
        """The significance level of each of them."""
        return alpha_each(self.limits.false_alarms, len(self.uncertain))

    def _certain(self, rule: CellRule, name: str, records: list[Record]) -> Iterator[Finding]:
        for made in self._scored(records):
            for metric, floor in rule.quality.items():
                if floor.min is not None or floor.warn is not None:
                    yield judge_floor(floor, metric, made, self.run, name)
            if rule.learning is not None:
                yield judge_learning(rule.learning, made, name)
        if rule.delegation is not None:
            for record in records:
                if asked(rule.delegation, record):
                    yield judge_delegation(rule.delegation, record, name)
        if rule.tap is not None:
            for record in records:
                yield judge_tap(rule.tap, record, name)

    def _uncertain(self, rule: CellRule, name: str, records: list[Record]) -> Iterator[Uncertain]:
        run, against = self.run, self.against
        for made in self._scored(records):
            for metric, floor in rule.quality.items():
                if floor.max_loss is not None or floor.warn_loss is not None:
                    yield partial(judge_loss, floor, metric, made, run, against, name)
        for record in records:
            if rule.latency and rule.latency.relative and not _is_reference(rule, record.cell):
                noise = self.noise[record.cell.target]
                yield partial(judge_ratio, rule.latency, record, run, noise, name)
            if rule.latency and rule.latency.absolute and not _may_pass_over(rule, record):
                noise = self.alone[record.cell.target]
                yield partial(judge_time, rule.latency, record, noise, name)

    def _scored(self, records: list[Record]) -> Iterator[Made]:
        """The models to ship; those of further seeds are weighed, not scored against floors."""
        shown = {f"{record.cell.encoder} x {record.cell.recipe}" for record in records}
        return (made for made in models_of(self.run) if made.subject in shown)


def _done(records: list[Record]) -> list[Record]:
    return [record for record in records if record.state == "ok" and record.model]


def matched(rule: CellRule, run: Run) -> list[Record]:
    """The records whose three names match a rule's patterns."""
    return [
        record
        for record in run.records
        if fnmatchcase(record.cell.encoder, rule.encoder)
        and fnmatchcase(record.cell.recipe, rule.recipe)
        and fnmatchcase(record.cell.target, rule.target)
    ]


def _may_pass_over(rule: CellRule, record: Record) -> bool:
    """Whether microseconds of another machine are no matter of an optional rule."""
    name = record.machine.name if record.machine else ""
    elsewhere = rule.latency is not None and not fnmatchcase(name, rule.latency.machine)
    return rule.optional and elsewhere


def _is_reference(rule: CellRule, cell: CellName) -> bool:
    reference = rule.latency.reference if rule.latency else None
    return reference is not None and (
        (reference.encoder or cell.encoder) == cell.encoder
        and (reference.recipe or cell.recipe) == cell.recipe
    )
