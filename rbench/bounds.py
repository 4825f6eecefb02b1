"""Bounds on the numbers of a study: each says its range where it stands.

A number beyond its range would run for ever, fill the memory, or fail far from where it was
written. NaN is in no range.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple, get_args, get_type_hints

import msgspec

SEED = 2**32 - 1
"""The largest seed that all libraries take."""
CELLS = 10_000
"""Of a study, and so the records of a run: a page of them has some 80 MB."""
DAYS = 7 * 86400.0
"""Seconds of a week: the longest that anything waits."""


class Range(NamedTuple):
    """The numbers from ``least`` to ``most``, both allowed; of a tuple, of each of its numbers."""

    least: float
    most: float

    def complaint(self, name: str, value: object) -> str:
        """What is wrong with a value; empty where nothing is."""
        if not isinstance(value, int | float) or self.least <= value <= self.most:
            return ""
        kind = "a whole number" if isinstance(self.most, int) else "a number"
        return f"{name} must be {kind} from {self.least:,} to {self.most:,}, not {_shown(value)}"


class Bounded(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings whose numbers are annotated with a `Range`."""

    def __post_init__(self) -> None:
        check(self)


def check(settings: msgspec.Struct) -> None:
    """Hold every annotated number to its range.

    Raises:
        ValueError: one is beyond it.
    """
    for name, allowed in ranges(type(settings)).items():
        value = getattr(settings, name)
        for one in value if isinstance(value, tuple) else (value,):
            if complaint := allowed.complaint(name, one):
                raise ValueError(complaint)


@cache
def ranges(kind: type[msgspec.Struct]) -> dict[str, Range]:
    """Field -> its range, for the fields that have one."""
    hints: dict[str, Any] = get_type_hints(kind, include_extras=True)
    found = {
        name: next((said for said in get_args(hint) if isinstance(said, Range)), None)
        for name, hint in hints.items()
    }
    return {name: allowed for name, allowed in found.items() if allowed}


def _shown(value: float) -> str:
    if isinstance(value, int) and value.bit_length() > 128:
        return "one of so many digits"
    return str(value)
