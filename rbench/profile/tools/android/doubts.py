"""When a phone's state speaks against its times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from rbench.profile.result import Round
from rbench.profile.settings import ProfileSettings
from rbench.profile.tools.android.condition import Condition, Course

LOW_PERCENT = 20
"""Charge below which phones save: many lower their clocks."""
_THROTTLING = ("none", "light", "moderate", "severe", "critical", "emergency", "shutdown")


def doubts(settings: ProfileSettings, rounds: Sequence[Round]) -> Iterator[str]:
    """Reasons against the rounds of one cell."""
    for round_ in rounds:
        course = msgspec.convert(round_.state, Course)
        yield from _of_round(settings, round_.number, course)


def _of_round(settings: ProfileSettings, number: int, course: Course) -> Iterator[str]:
    for when, now in (("before", course.before), ("after", course.after)):
        warm = now.battery_celsius
        if warm is not None and warm >= settings.cool_below_celsius:
            waited = f", after {course.waited_s:g} s of waiting" if when == "before" else ""
            yield (
                f"the phone was hot: its battery had {warm:g} C {when} round {number}{waited} "
                f"(below {settings.cool_below_celsius:g} C)"
            )
        if now.throttling:
            yield f"the phone throttled: {_word(now.throttling)} {when} round {number}"
    yield from _power(number, course.before, course.after)
    before, after = course.before.governors, course.after.governors
    if before and after and before != after:
        yield f"the phone's governors changed in round {number}"


def _power(number: int, before: Condition, after: Condition) -> Iterator[str]:
    if before.saving or after.saving:
        yield f"the phone's battery saver was on in round {number}"
    levels = [now.battery_percent for now in (before, after) if not now.charging]
    low = [level for level in levels if level is not None and level < LOW_PERCENT]
    if low:
        yield f"the phone's battery was low: {min(low)} % in round {number}"


def _word(status: int) -> str:
    named = _THROTTLING[status] if status < len(_THROTTLING) else "beyond what is known"
    return f"thermal status {status} ({named})"
