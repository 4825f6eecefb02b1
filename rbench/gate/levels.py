"""One number held to a warning and a failing level: every kind of limit ends here."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from rbench.gate.verdict import Finding, Status, Unit


class Levels(NamedTuple):
    """Where the gate warns and where it fails; None: it does not."""

    warn: float | None
    fail: float | None

    def __bool__(self) -> bool:
        return self.warn is not None or self.fail is not None


class Subject(NamedTuple):
    """What a finding is about."""

    subject: str
    check: str
    rule: str = ""

    def broken(self, message: str) -> Finding:
        """Something that the gate should see and cannot."""
        return self._bare("fail", message)

    def unlike(self, message: str) -> Finding:
        """Something that there is nothing to compare with."""
        return self._bare("not comparable", message)

    def _bare(self, status: Status, message: str) -> Finding:
        return Finding(
            status=status, subject=self.subject, check=self.check, message=message, rule=self.rule
        )


class Measure(NamedTuple):
    """A number, and where it lies beyond chance."""

    number: float
    unit: Unit
    show: Callable[[float], str]
    """The number for people, with its unit."""
    interval: tuple[float, float] | None = None
    about: str = ""
    """What the number stands against, e.g. ``against the baseline's 1,000 bytes``."""


def at_most(place: Subject, levels: Levels, measure: Measure) -> Finding:
    """A ceiling: it fails above it beyond chance, and warns above it by the number alone."""
    return _judge(place, levels, measure, sign=1)


def at_least(place: Subject, levels: Levels, measure: Measure) -> Finding:
    """A floor: it fails below it beyond chance, and warns below it by the number alone."""
    return _judge(place, levels, measure, sign=-1)


def _judge(place: Subject, levels: Levels, measure: Measure, *, sign: int) -> Finding:
    number = measure.number
    near = number
    if measure.interval is not None:
        near = measure.interval[0 if sign > 0 else 1]

    def beyond(value: float, level: float | None) -> bool:
        return level is not None and sign * (value - level) > 0

    status: Status = "pass"
    chance = ""
    limit = levels.fail if levels.fail is not None else levels.warn
    if beyond(near, levels.fail):
        status = "fail"
    elif beyond(number, levels.fail):
        status, chance = "warn", ", which may be chance"
    elif beyond(number, levels.warn):
        status, limit = "warn", levels.warn
    if limit is None:
        raise ValueError("no level to hold the number to")
    margin = sign * (limit - number)
    room = f"{measure.show(margin)} left" if margin >= 0 else _over(measure.show(-margin), sign)
    about = f" {measure.about}, limit" if measure.about else " of"
    level = " (warning level)" if limit == levels.warn != levels.fail else ""
    return Finding(
        status=status,
        subject=place.subject,
        check=place.check,
        message=f"{measure.show(number)}{about} {measure.show(limit)}{level}: {room}{chance}",
        number=number,
        limit=limit,
        margin=margin,
        unit=measure.unit,
        interval=measure.interval,
        rule=place.rule,
    )


def _over(amount: str, sign: int) -> str:
    return (
        f"{amount} too many"
        if amount.endswith(("byte", "bytes"))
        else (f"{amount} too {'much' if sign > 0 else 'little'}")
    )
