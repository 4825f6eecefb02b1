"""The numbers of a comparison for people: amounts, changes and their intervals."""

from __future__ import annotations

from rbench.compare import Difference
from rbench_reports.numbers import MISSING, alone, finite

MINUS = "\N{MINUS SIGN}"
SPACE = "\N{NO-BREAK SPACE}"


def amount(difference: Difference, value: float | None) -> str:
    """One of its two numbers, with the unit that suits it; bytes in full, for they are exact."""
    if value is None:
        return MISSING
    if difference.unit == "bytes":
        return f"{value:,.0f}{SPACE}B"
    if difference.unit in ("us", "score"):
        return alone(difference.unit, value)
    return alone("count", value)


def moved(difference: Difference) -> str:
    """The change, e.g. ``-2.3 %``."""
    return MISSING if difference.change is None else share(difference.change)


def interval(difference: Difference) -> str:
    """Where the change lies beyond chance; empty for what chance has no part in."""
    if difference.low is None and difference.high is None:
        return ""
    ends = (difference.low, difference.high)
    return " to ".join("any" if end is None else share(end) for end in ends)


def visible(difference: Difference) -> str:
    """The smallest change for the worse that would have been seen."""
    return "" if difference.visible is None else share(difference.visible).removeprefix("+")


def share(value: float) -> str:
    """A share with its sign, in percent: finer the smaller it is, and never rounded to nothing."""
    if finite(value) is None:
        return MISSING
    percent = 100 * abs(value)
    if not percent:
        return f"0{SPACE}%"
    digits = ",.0f" if percent >= 100 else ".1f" if percent >= 1 else ".2g"
    text = format(percent, digits) if percent < 1e6 else f"{percent:.1e}"
    return f"{MINUS if value < 0 else '+'}{text}{SPACE}%"
