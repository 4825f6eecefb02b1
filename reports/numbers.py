"""Numbers as people read them: one unit a column, and never a lie about what is not a number."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Literal

Kind = Literal["bytes", "us", "score", "share", "count"]

MISSING = "\N{EN DASH}"
NOT_A_NUMBER = "not a number"

_STEPS: dict[str, tuple[tuple[float, str, float, int], ...]] = {
    "bytes": (
        (1e9, "GB", 1e9, 3),
        (1e6, "MB", 1e6, 3),
        (1e3, "kB", 1e3, 1),
        (0, "B", 1, 0),
    ),
    "us": ((1e7, "s", 1e6, 2), (1e4, "ms", 1e3, 2), (1e3, "µs", 1, 0), (0, "µs", 1, 1)),
    "score": ((0, "", 1, 4),),
    "share": ((0, "%", 0.01, 0),),
    "count": ((0, "", 1, 0),),
}
"""Kind -> (from this typical value on, unit, what to divide by, decimals), largest first.
Bytes are decimal: 1 kB = 1000 bytes."""


def finite(value: float | None) -> float | None:
    """The value, if one can reckon with it."""
    return float(value) if value is not None and math.isfinite(value) else None


@dataclass(frozen=True)
class Scale:
    """How all numbers of one column are written."""

    unit: str = ""
    divisor: float = 1.0
    decimals: int = 0

    def text(self, value: float | None) -> str:
        """The number alone, in this scale's unit."""
        if value is None:
            return MISSING
        if not math.isfinite(value):
            return NOT_A_NUMBER
        scaled = value / self.divisor
        if abs(scaled) >= 1e9:
            return f"{scaled:.3g}"
        if value and round(abs(scaled), self.decimals) == 0:
            return f"{scaled:.1e}"
        return f"{scaled:,.{self.decimals}f}"

    def full(self, value: float | None) -> str:
        """The number and its unit."""
        text = self.text(value)
        if value is None or text == NOT_A_NUMBER or not self.unit:
            return text
        return f"{text}\N{NO-BREAK SPACE}{self.unit}"


SCORE = Scale(decimals=4)
"""How scores between 0 and 1 are written."""


def scale(kind: Kind, values: Iterable[float | None]) -> Scale:
    """The scale that suits most of these values; each value of a column is written with it."""
    known = [abs(value) for value in map(finite, values) if value is not None]
    typical = median(known) if known else 0.0
    for least, unit, divisor, decimals in _STEPS[kind]:
        if typical >= least:
            return Scale(unit, divisor, decimals)
    raise AssertionError("every kind has a step from 0")


def alone(kind: Kind, value: float | None) -> str:
    """One number that stands in no column, with the unit that suits it."""
    return scale(kind, [value]).full(value)


def change(new: float | None, old: float | None) -> str:
    """How far one number is from another, e.g. ``-71 %``; a dash where that means nothing."""
    known_new, known_old = finite(new), finite(old)
    if known_new is None or not known_old:
        return MISSING
    share = 100 * (known_new / known_old - 1)
    digits = ".1f" if abs(share) < 10 else ",.0f" if abs(share) < 1e6 else ".1e"
    rounded = format(abs(share), digits)
    sign = "±" if rounded == "0.0" else "+" if share > 0 else "\N{MINUS SIGN}"
    return f"{sign}{rounded}\N{NO-BREAK SPACE}%"
