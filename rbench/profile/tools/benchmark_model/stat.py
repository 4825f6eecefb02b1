"""The tool's statistics of one phase, as it prints them on one line.

The line is written by ``Stat`` and ``StatWithPercentiles`` (XLA, ``tsl/util/stats_calculator.h``).
All but the mean are whole microseconds; the mean has six significant digits, so from a second on
it comes as ``2.95034e+06``. Percentiles are samples, not interpolated; old builds print none.
"""

from __future__ import annotations

import math
import re

import msgspec

NUMBER = r"-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_LINE = re.compile(
    rf"count=(?P<count>\d+)(?:(?: first=(?P<first>{NUMBER}))? curr=(?P<curr>{NUMBER})"
    rf"(?: min=(?P<min>{NUMBER}) max=(?P<max>{NUMBER}) avg=(?P<avg>{NUMBER}) std=(?P<std>{NUMBER})"
    rf"|(?P<same>\(all same\)))?)?"
    rf"(?: p5=(?P<p5>{NUMBER}) median=(?P<median>{NUMBER}) p95=(?P<p95>{NUMBER}))?",
    re.ASCII,
)
_LONGEST_COUNT = 15
ROUNDING = 1e-5
"""What six significant digits may move a mean by, relative."""


class Stat(msgspec.Struct, frozen=True, kw_only=True):
    """One phase: how many runs, and what they took, in microseconds."""

    count: int
    first: float = 0.0
    """The first run's; 0 where there was none, like the rest."""
    min: float = 0.0
    max: float = 0.0
    avg: float = 0.0
    std: float = 0.0
    """Of the population, cut to a whole number twice: 0 means below 1."""
    p5: float | None = None
    median: float | None = None
    """None: an old build, which does not tell percentiles."""
    p95: float | None = None


def read_stat(line: str) -> Stat | None:
    """The statistics on a line; None if it carries none, or some that cannot be.

    Args:
        line: without the logger's prefix.
    """
    found = _LINE.fullmatch(line.rstrip())
    if found is None or len(found["count"]) > _LONGEST_COUNT:
        return None
    count = int(found["count"])
    said = {name: float(found[name]) for name in _NUMBERS if found[name] is not None}
    if count == 0:
        # "p5=0 median=0 p95=0" of nothing are no times.
        return None if "curr" in said else Stat(count=0)
    same = "curr" in said and not {"first", "min"} & set(said)
    if same and (count > 1) == (found["same"] is not None):
        said |= dict.fromkeys(("first", "min", "max", "avg"), said["curr"]) | {"std": 0.0}
    if not set(said) >= _WHOLE or not all(0 <= value < math.inf for value in said.values()):
        return None
    curr = said.pop("curr")
    made = Stat(count=count, **said)
    return made if made.min <= curr <= made.max and _possible(made) else None


_WHOLE = {"first", "curr", "min", "max", "avg", "std"}
_NUMBERS = ("first", "curr", "min", "max", "avg", "std", "p5", "median", "p95")


def _possible(stat: Stat) -> bool:
    """Whether one set of samples can have all of these: a torn line often cannot."""
    slack = ROUNDING * stat.max
    order = [stat.min]
    if stat.median is not None and stat.p5 is not None and stat.p95 is not None:
        order += [stat.p5, stat.median, stat.p95]
    order.append(stat.max)
    return (
        order == sorted(order)
        and stat.min <= stat.first <= stat.max
        and stat.min - slack <= stat.avg <= stat.max + slack
        and stat.std <= stat.max - stat.min
    )
