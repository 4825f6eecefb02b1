"""Per-user ranks as a file: the same ranks, the same bytes."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np

from rbench.data.dataset import Ids
from rbench.system.writing import write_atomically


def write_ranks(path: Path, ranks: Ids) -> str:
    """Write int32 ``ranks`` (users,) to an ``.npz`` and return its sha256 as hex.

    Nothing but the content goes into the bytes: ``np.savez`` stores without compression and
    stamps its members with 1980-01-01.

    Raises:
        OutputError: the place cannot be written.
    """
    buffer = io.BytesIO()
    np.savez(buffer, ranks=np.ascontiguousarray(ranks, dtype=np.int32))
    content = buffer.getvalue()
    write_atomically(path, content)
    return hashlib.sha256(content).hexdigest()
