"""Which cell to ship: one answer for the reports, for `rbench ship` and for notebooks."""

from rbench.choose.choosing import (
    Choice,
    NoneKeeps,
    cheapest,
    excess,
    first,
    kept,
    recommended,
    told_apart,
)
from rbench.choose.numbers import LIMITS, bench_of, finite, limits_of, trusted, usable
from rbench.choose.paired import gain

__all__ = [
    "LIMITS",
    "Choice",
    "NoneKeeps",
    "bench_of",
    "cheapest",
    "excess",
    "finite",
    "first",
    "gain",
    "kept",
    "limits_of",
    "recommended",
    "told_apart",
    "trusted",
    "usable",
]
