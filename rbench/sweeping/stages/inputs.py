"""What the jobs of several stages begin with, out of the store or made from its name."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from rbench.data import Dataset, open_dataset

if TYPE_CHECKING:
    from rbench.sweeping.store import Store


def dataset(store: Store, key: str) -> Dataset:
    """The split log, by the key of its job."""
    return _open(store.folder("data", key))


@lru_cache(maxsize=2)
def _open(folder: Path) -> Dataset:
    return open_dataset(folder)
