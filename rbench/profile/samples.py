"""Raw samples as files whose bytes depend on nothing but the samples."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SAMPLES = "samples.npz"
LONGEST_NS = 2**32 - 1
"""What a sample can hold: 4.29 seconds."""


def write(folder: Path, samples_ns: NDArray[np.uint32], **columns: NDArray[np.int32]) -> str:
    """Write `SAMPLES` into a folder.

    Args:
        samples_ns: nanoseconds per query, (runs,), in the order that they were taken.
        columns: what else is known of each run, (runs,) each.

    Returns:
        sha256 of the file. Equal samples make equal files: an npz carries no time stamps.
    """
    import numpy as np

    path = folder / SAMPLES
    named = {name: column.astype(np.int32) for name, column in columns.items()}
    with path.open("wb") as file:
        np.savez_compressed(file, samples_ns=samples_ns.astype(np.uint32), **named)  # type: ignore[arg-type]
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read(folder: Path) -> NDArray[np.uint32]:
    """The ``samples_ns`` of a folder, (runs,)."""
    import numpy as np

    with np.load(folder / SAMPLES) as file:
        samples: NDArray[np.uint32] = file["samples_ns"]
    return samples
