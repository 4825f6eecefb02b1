"""The amounts of a budget file: how a TOML value becomes bytes or a share."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from rbench.errors import UsageError
from rbench.gate.sizes import LARGEST, UNSET, parse_size

_PERCENT = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) ?%")
MOST = 1e9
"""The largest share: what grows a thousand million times over has no limit. NaN is no share."""


class Size(int):
    """Bytes; written ``"300KB"`` or as a whole number."""


class Share(float):
    """A share of a whole; written ``"5%"`` or ``0.05``."""


def amount(kind: type, value: Any) -> Any:
    """What a value of a budget file means; msgspec's hook for the kinds above.

    Raises:
        ValueError: the value is none of what the kind allows. msgspec adds the key.
    """
    if kind is Size:
        return _size(value)
    if kind is Share:
        return _share(value)
    raise NotImplementedError(kind)


def percent(share: float, *, sign: bool = False) -> str:
    """A share for people: ``0.0312`` -> ``3.12 %``, with a sign where asked for."""
    return f"{100 * share:{'+' if sign else ''}.4g} %"


def _size(value: Any) -> Size:
    if isinstance(value, str):
        try:
            return Size(parse_size(value))
        except UsageError as error:
            raise ValueError(str(error)) from error
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= LARGEST:
        raise ValueError(f'{value!r} is no size; allowed: "300KB" or whole bytes from 1')
    return Size(value)


def _share(value: Any) -> Share:
    allowed = 'allowed: "5%" or 0.05'
    if isinstance(value, str) and not value.strip():
        raise ValueError(f"{value!r} is no share: {UNSET}; {allowed}")
    if isinstance(value, str):
        found = _PERCENT.fullmatch(value.strip())
        if found is None:
            raise ValueError(f"{value!r} is no share; {allowed}")
        return Share(Decimal(found.group(1)) / 100)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MOST:
        raise ValueError(f"{value!r} is no share; {allowed}")
    return Share(value)
