"""Raw samples as files whose bytes depend on nothing but the samples."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rbench.system.arrays import arrays_in

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SAMPLES = "samples.npz"
LONGEST_NS = 2**32 - 1
"""What a sample can hold: 4.29 seconds."""


def write(folder: Path, samples_ns: NDArray[np.uint32], **columns: NDArray[Any]) -> str:
    """Write `SAMPLES` into a folder.

    Args:
        samples_ns: nanoseconds per query, (runs,), in the order that they were taken.
        columns: what else is known of each run, (runs,) each.

    Returns:
        sha256 of the file. Equal samples make equal files: an npz carries no time stamps.
    """
    import numpy as np

    path = folder / SAMPLES
    with path.open("wb") as file:
        np.savez_compressed(file, samples_ns=samples_ns.astype(np.uint32), **columns)  # type: ignore[arg-type]
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Read(NamedTuple):
    """What a round's file holds."""

    samples_ns: NDArray[np.uint32]
    """Of what is timed, (runs,)."""
    query_ns: NDArray[np.uint32] | None
    """Of the whole queries, (runs,); None where they were not looked at."""


def read(folder: Path) -> Read:
    """The columns of a folder's `SAMPLES`."""
    with arrays_in(folder / SAMPLES) as columns:
        return Read(columns["samples_ns"], columns.get("query_ns"))
