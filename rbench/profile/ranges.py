"""Which numbers an input may be given, and that its type holds them."""

from __future__ import annotations

import math
from typing import NamedTuple

Number = int | float

_WHOLE = {f"int{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)}
_WHOLE |= {f"uint{bits}": (0, 2**bits - 1) for bits in (8, 16, 32, 64)}
_WHOLE["bool"] = (0, 1)
_LARGEST = {"float16": 65504.0, "float32": 3.4028234663852886e38, "float64": 1.7976931348623157e308}
_LARGEST |= {"complex64": _LARGEST["float32"], "complex128": _LARGEST["float64"]}
KINDS = frozenset(_WHOLE) | frozenset(_LARGEST)
"""numpy's names of the types of which numbers can be drawn."""


class Range(NamedTuple):
    """From low to high: both included in whole numbers, high excluded in others. In complex ones it
    holds for both parts.
    """

    low: Number
    high: Number

    def __str__(self) -> str:
        return f"{_said(self.low)} to {_said(self.high)}"


def parse(text: str) -> Range | None:
    """``LOW:HIGH``; None where that is no range. Whole numbers are kept to the last digit."""
    low, _, high = text.partition(":")
    try:
        found = Range(_number(low), _number(high))
    except (ValueError, OverflowError):
        return None
    return None if found.low > found.high else found


def limits(kind: str) -> Range:
    """All that a type holds, infinities aside."""
    if kind in _WHOLE:
        return Range(*_WHOLE[kind])
    return Range(-_LARGEST[kind], _LARGEST[kind])


def is_whole(kind: str) -> bool:
    """Whether a type holds whole numbers only."""
    return kind in _WHOLE


def objection(kind: str, asked: Range) -> str:
    """Why a type cannot be given a range; empty where it can."""
    held = limits(kind)
    said = f"{kind} holds {_held(kind)}"
    if any(isinstance(end, float) and not math.isfinite(end) for end in asked):
        return f"{said}, no infinities" if not any(map(math.isnan, asked)) else said
    if not held.low <= asked.low or not asked.high <= held.high:
        return said
    if is_whole(kind) and any(end != int(end) for end in asked):
        return f"{said}, whole numbers only"
    return ""


def _held(kind: str) -> str:
    held = limits(kind)
    if is_whole(kind):
        return f"{held.low:,} to {held.high:,}"
    return f"{held.low:.6g} to {held.high:.6g}"


def _number(text: str) -> Number:
    try:
        return int(text)
    except ValueError:
        return float(text)


def _said(end: Number) -> str:
    return f"{end:,}" if isinstance(end, int) else f"{end:g}"
