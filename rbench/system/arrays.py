"""Arrays in npz files: opened so that a torn one stays open nowhere, and what reading it raises."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy.lib.npyio import NpzFile

TORN: tuple[type[Exception], ...] = (
    *(OSError, EOFError, TypeError, ValueError, KeyError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error),
)
"""What reading a damaged npz, or an array in its place, raises; msgspec's are ValueErrors."""


@contextmanager
def arrays_in(path: Path) -> Iterator[NpzFile]:
    """The arrays of a file by name; each is read when it is asked for.

    Raises:
        OSError: it cannot be opened. Any other of `TORN`, here or while it is read: it is torn.
    """
    import numpy as np

    # numpy leaves a torn file open that it opened itself.
    with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
        yield found
