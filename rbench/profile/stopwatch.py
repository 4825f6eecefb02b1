"""What the measuring itself costs."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter_ns

from rbench.profile.result import Stopwatch

_TRIES = 2000


def calibrate(empty_call: Callable[[], object]) -> Stopwatch:
    """Time nothing, and a call that does nothing.

    Args:
        empty_call: crosses the same border as an inference (Python to C++) and comes back.
    """
    nothing = [_nothing() for _ in range(_TRIES)]
    calls = [_timed(empty_call) for _ in range(_TRIES)]
    return Stopwatch(
        tick_ns=_tick(),
        clock_overhead_ns=float(median(nothing)),
        call_overhead_ns=float(median(calls)),
    )


def _nothing() -> int:
    began = perf_counter_ns()
    return perf_counter_ns() - began


def _timed(call: Callable[[], object]) -> int:
    began = perf_counter_ns()
    call()
    return perf_counter_ns() - began


def _tick() -> int:
    """The greatest step that all readings are multiples of, or the smallest difference seen."""
    from math import gcd

    first = perf_counter_ns()
    return gcd(*(perf_counter_ns() - first for _ in range(_TRIES))) or 1
