"""A log as it stands in its file: who, what, when, in file order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbench.data.dataset import Ids

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


class Codes(dict[str, int]):
    """Name -> code, numbered by first appearance: looking a new name up adds it."""

    def __missing__(self, name: str) -> int:
        code = self[name] = len(self)
        return code

    def encode(self, names: list[str]) -> Ids:
        """int32 ``(len(names),)``."""
        return np.fromiter(map(self.__getitem__, names), np.int32, len(names))


def concatenate(arrays: list[NDArray[Any]], empty: type) -> NDArray[Any]:
    """``np.concatenate`` that knows what nothing is."""
    return np.concatenate(arrays) if arrays else np.zeros(0, empty)
