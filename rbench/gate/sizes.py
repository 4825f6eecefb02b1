"""Sizes as people write them.

``kB`` and ``KB`` are 1,000 bytes, ``MB`` a million, ``GB`` a thousand million; ``KiB``, ``MiB``
and ``GiB`` are the powers of 1,024 (IEC 80000-13). A bare number counts bytes.
"""

from __future__ import annotations

import re
from decimal import Decimal

from rbench.errors import UsageError

UNITS = {
    "": 1,
    "B": 1,
    "kB": 1000,
    "KB": 1000,
    "MB": 1000**2,
    "GB": 1000**3,
    "KiB": 1024,
    "MiB": 1024**2,
    "GiB": 1024**3,
}
LARGEST = 2**53
"""Bytes that a size may stand for: nine million gigabytes, which a float still holds exactly."""
ALLOWED = "a number from 1 and B, kB or KB (1000), MB, GB, KiB (1024), MiB, GiB"
UNSET = "it is empty, as of a variable that is not set"

_SIZE = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,15})?) ?([A-Za-z]*)")


def parse_size(text: str) -> int:
    """The whole bytes that ``"300KB"``, ``"1.5 MiB"`` or ``"300000"`` stand for, rounded down.

    Raises:
        UsageError: it is no number with a unit from `UNITS`, less than one byte, or more than
            `LARGEST`.
    """
    found = _SIZE.fullmatch(text.strip())
    if not text.strip():
        raise UsageError(f"{text!r} is no size: {UNSET}", allowed=ALLOWED, remedy="write 300KB")
    if found is None:
        raise UsageError(f"{text!r} is no size", allowed=ALLOWED, remedy="write 300KB")
    number, unit = found.groups()
    if unit not in UNITS:
        raise UsageError(
            f"{text!r}: unknown unit {unit!r}", allowed=ALLOWED, remedy=f"write {number}KB"
        )
    size = int(Decimal(number) * UNITS[unit])
    if size > LARGEST:
        raise UsageError(
            f"{text!r} is more than any file has", allowed=ALLOWED, remedy="write 300KB"
        )
    if size < 1:
        raise UsageError(f"{text!r} is less than one byte", allowed=ALLOWED, remedy="write 300KB")
    return size


def format_size(size: int) -> str:
    """Exact bytes for people: ``"312,400 bytes"``."""
    return f"{size:,} byte{'' if size == 1 else 's'}"
