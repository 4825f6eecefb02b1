"""Whether the items that a user already touched are taken out of the ranking: one answer for
training, baselines and files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from rbench.records import DataSummary

FilterHistory = bool | Literal["auto"]
"""``auto``: the log decides, see `history`."""

REPEATING = 0.1
"""Share of validation targets that their user had met before from which ``auto`` does not filter.
Argued in docs/measuring.md."""

MOST = 2**63
"""No log has so many users: what says so was not written by rbench."""


class History(NamedTuple):
    """Whether the history is filtered, and why."""

    filtered: bool
    reason: str


def history(choice: FilterHistory, data: DataSummary) -> History:
    """Whether a log's histories are taken out of the ranking.

    ``auto`` looks at the validation targets, which are asked as the test targets are, one step
    earlier; never at the test. Where too many of them are items that their user had met before,
    filtering would hide what people do.
    """
    if choice != "auto":
        return History(choice, f"filter_history = {str(choice).lower()} was asked for")
    asked = data.validation_users
    met = number_of(data.details, "validation_targets_in_history")
    share = met / asked if 0 < asked < MOST else 0.0
    how = f"{part_of(met, asked)} validation targets are items that their user had met before"
    bar = f"{100 * REPEATING:.0f} %"
    if share >= REPEATING:
        return History(False, f"auto: {how}, {bar} or more")
    return History(True, f"auto: {how}, less than {bar}")


def number_of(facts: Mapping[str, Any], name: str) -> int:
    """A number of targets from a summary's details; 0 where it was not recorded, or is none."""
    value = facts.get(name, 0)
    number = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MOST
    return value if number else 0


def part_of(part: int, whole: int) -> str:
    """E.g. ``60 of 610 (10 %)``; what is neither none nor all is never called 0 or 100 %."""
    percent = min(99, max(1, round(100 * part / whole))) if 0 < part < whole else None
    return f"{part:,} of {whole:,}" + ("" if percent is None else f" ({percent} %)")
