"""Times as they stand in logs: numbers since some epoch, or ISO 8601 dates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal

import numpy as np

from rbench.data.log import Times

Kind = Literal["number", "date"]

EXPECTED: dict[Kind, str] = {
    "number": "a number, such as seconds since 1970",
    "date": "an ISO 8601 date, such as 2024-05-31 or 2024-05-31T12:00:00Z",
}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def kind_of(text: str) -> Kind:
    """Whether a column that starts with this text holds numbers or dates.

    Raises:
        ValueError: neither.
    """
    for kind in EXPECTED:
        try:
            parse([text], kind)
        except ValueError:
            continue
        return kind
    raise ValueError(text)


def parse(texts: list[str], kind: Kind) -> Times:
    """``(len(texts),)``: numbers as they are, dates as int64 microseconds since 1970.

    A date without a zone is taken as UTC. Whole numbers stay whole: nanoseconds since 1970 do
    not fit into a float.

    Raises:
        ValueError: one of them is no finite number or no date.
    """
    if kind == "date":
        return np.array([_microseconds(text) for text in texts], np.int64)
    if any("_" in text for text in texts):  # Python reads 1_000 as a number, logs do not
        raise ValueError("_")
    try:
        return np.array([int(text) for text in texts], np.int64)
    except (ValueError, OverflowError):
        numbers = np.array([float(text) for text in texts], np.float64)
    if not np.isfinite(numbers).all():
        raise ValueError("not finite")
    return numbers


def _microseconds(text: str) -> int:
    moment = datetime.fromisoformat(text.strip().removesuffix(" UTC"))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        return (moment - _EPOCH) // _TICK
    except OverflowError as error:
        raise ValueError(text) from error


def unit_of(times: Times) -> str:
    """The unit in which numbers lie between 1980 and 2100, judged by their median; or empty."""
    middle = float(np.median(times)) if len(times) else 0.0
    for unit, ticks in _PER_SECOND.items():
        if 10 * 365.25 * 86400 <= middle / ticks <= 130 * 365.25 * 86400:
            return unit
    return ""


def show(time: float, unit: str) -> str:
    """A time for people: ISO 8601 in UTC where the unit is known, else the number."""
    if not unit:
        return f"{time:g}"
    try:
        seconds = timedelta(seconds=int(time) // _PER_SECOND[unit])
        return (_EPOCH + seconds).strftime("%Y-%m-%dT%H:%M:%SZ")
    except OverflowError:
        return f"{time:g}"
