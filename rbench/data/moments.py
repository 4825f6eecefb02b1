"""What numbers in a column of times mean, and what is suspicious about times."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rbench.data.log import Times
from rbench.data.times import PER_SECOND, show

_YEAR_S = 365.25 * 86400
EARLIEST_S, LATEST_S = 10 * _YEAR_S, 130 * _YEAR_S
"""Interactions of people lie between 1980 and 2100."""
NAMES = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}


def unit_of(times: Times) -> str:
    """The unit in which numbers lie between 1980 and 2100, judged by their median; or empty."""
    return _unit(float(np.median(times))) if len(times) else ""


def _unit(time: float) -> str:
    """The unit in which a time lies between 1980 and 2100; or empty."""
    for unit, ticks in PER_SECOND.items():
        if EARLIEST_S <= float(time) / ticks <= LATEST_S:
            return unit
    return ""


def mixed(times: Times) -> tuple[tuple[int, str], tuple[int, str]] | None:
    """The first rows of two units and these units, where numbers have more than one."""
    first: list[tuple[int, str]] = []
    if not len(times) or (_unit(times.min()) and _unit(times.min()) == _unit(times.max())):
        return None
    numbers = times.astype(np.float64)
    for unit, ticks in PER_SECOND.items():
        within = (numbers >= EARLIEST_S * ticks) & (numbers <= LATEST_S * ticks)
        if within.any():
            first.append((int(np.argmax(within)), unit))
    return (first[0], first[1]) if len(first) > 1 else None


CALENDARS = {"%Y%m%d": 8, "%Y%m%d%H%M": 12, "%Y%m%d%H%M%S": 14}
"""Dates written as one number -> how many digits."""


def calendar_form(times: Times) -> str:
    """strptime's words for numbers such as 20240131 and 20240131235959; empty where not all are."""
    for form, digits in CALENDARS.items():
        if _within(times, 10 ** (digits - 1), 10**digits):
            values = times.astype(np.int64)
            date = values // 10 ** (digits - 8)
            rest = values % 10 ** (digits - 8) * 10 ** (14 - digits)
            if _dates(date // 10000, date) and _hours(rest):
                return form
    return ""


def short_calendar(times: Times) -> bool:
    """Whether numbers such as 2311142213 all are %y%m%d%H%M, which look like seconds too."""
    if not _within(times[:1], 10**8, 10**10) or not _short(times[:1]):
        return False  # most logs: cheaply
    return _within(times, 10**8, 10**10) and _short(times)


def _short(times: Times) -> bool:
    values = times.astype(np.int64)
    date = values // 10**4
    return _dates(2000 + date // 10000, date) and _hours(values % 10**4 * 100)


def _within(times: Times, least: int, below: int) -> bool:
    """Whether all are whole numbers from one to below another."""
    if not len(times) or times.min() < least or times.max() >= below:
        return False
    return times.dtype == np.int64 or bool((times == np.floor(times)).all())


def _dates(years: NDArray[np.int64], dates: NDArray[np.int64]) -> bool:
    months, days = dates // 100 % 100, dates % 100
    right = (years >= 1970) & (years <= 2100) & (months >= 1) & (months <= 12)
    return bool((right & (days >= 1) & (days <= 31)).all())


def _hours(clocks: NDArray[np.int64]) -> bool:
    hours, minutes, seconds = clocks // 10000, clocks // 100 % 100, clocks % 100
    return bool(((hours < 24) & (minutes < 60) & (seconds < 60)).all())


def whole_days(times: Times, unit: str) -> bool:
    """Whether all times stand at midnight."""
    if not unit or not len(times):
        return False
    day = 86400 * PER_SECOND[unit]
    return bool(times[0] % day == 0) and bool((times % day == 0).all())


def suspicious(times: Times, unit: str) -> list[str]:
    """What is worth a look, in words."""
    found: list[str] = []
    if not len(times):
        return found
    if unit:
        low, high = EARLIEST_S * PER_SECOND[unit], LATEST_S * PER_SECOND[unit]
        early = int((times < low).sum()) if times.min() < low else 0
        late = int((times > high).sum()) if times.max() > high else 0
        if early:
            first = show(times.min(), unit)
            found.append(f"{early:,} times lie before 1980, from {first} on: are they times?")
        if late:
            found.append(f"{late:,} times lie after 2100, up to {show(times.max(), unit)}")
        if whole_days(times, unit):
            found.append("all times are whole days: the order within a day is that of the file")
    else:
        numbers = f"{show(times.min(), '')} to {show(times.max(), '')}"
        excel = bool((times > 20000).all() and (times < 80000).all())
        what = "they could be Excel's days" if excel else "they only say the order"
        found.append(f"times are numbers from {numbers}, no known unit since 1970: {what}")
    return found
