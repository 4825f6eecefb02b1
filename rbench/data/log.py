"""A log as it stands in its file: who, what, when, in file order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rbench.data.dataset import Ids
from rbench.records import Reading

Times = NDArray[np.int64] | NDArray[np.float64]


@dataclass(frozen=True)
class Log:
    """Interactions in file order. Users and items are codes from 0, by first appearance."""

    where: str
    """What messages call it: the path of the file."""
    format: str
    users: Ids
    """int32 ``(rows,)``."""
    items: Ids
    """int32 ``(rows,)``."""
    times: Times | None
    """int64 or float64 ``(rows,)`` in units of ``time_unit``; None: file order is time order."""
    time_unit: str
    """``s``, ``ms``, ``us`` or ``ns`` since 1970; empty where numbers look like none of these."""
    user_names: tuple[str, ...]
    item_names: tuple[str, ...]
    beside: Mapping[str, NDArray[np.str_]] = field(default_factory=dict)
    """Further columns that were asked for, as text, ``(rows,)``."""
    reading: Reading = field(default_factory=Reading)
    """How it was read."""
