"""The inputs of a model by name: the context, and what stands beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

CONTEXT = "context"
"""The input that every model has: item ids, int32 ``(n, length)``, padded on the left with 0."""
ALLOWED = "allowed"
"""The input of a file that is told which items may come back: float32 ``(n, items)``, 1 or 0;
column j is item j + 1."""
USER = "user"
"""One more likewise: what a file that learns is told of its user, see `rbench.convert.personal`."""


class Features:
    """Names -> arrays, one row a query in each: per position ``(n, length)``, or per user
    ``(n, …)``. The simplest case is a context alone.

    Args:
        arrays: by the names of the signature's inputs; `CONTEXT` is among them.
    """

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self.arrays: dict[str, NDArray[Any]] = dict(arrays)

    @classmethod
    def of(cls, given: Features | NDArray[Any]) -> Features:
        """As it is, or a context alone, int32 ``(n, length)``."""
        return given if isinstance(given, Features) else cls({CONTEXT: given})

    @property
    def context(self) -> NDArray[np.int32]:
        """Item ids, int32 ``(n, length)``."""
        return self.arrays[CONTEXT]

    @property
    def length(self) -> int:
        """Items in a context."""
        return int(self.context.shape[1])

    def __len__(self) -> int:
        return len(self.context)

    def __getitem__(self, rows: Any) -> Features:
        """Some of the queries: a slice, places or a mask."""
        return self.map(lambda array: array[rows])

    def map(self, change: Callable[[NDArray[Any]], NDArray[Any]]) -> Features:
        """The same change of every input."""
        return Features({name: change(array) for name, array in self.arrays.items()})

    def padded(self, length: int) -> Features:
        """With contexts of at least this length, filled up on the left with 0."""
        missing = max(0, length - self.length)
        return self.map(lambda array: np.pad(array, ((0, 0), (missing, 0)))) if missing else self

    def query(self, row: int) -> dict[str, NDArray[Any]]:
        """One query as a signature takes it: every input with a batch of one."""
        return {
            name: np.ascontiguousarray(array[row : row + 1]) for name, array in self.arrays.items()
        }
