"""Files that are whole or not there, whatever kills the writer."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from rbench.errors import OutputError


def write_atomically(path: Path, content: bytes) -> None:
    """Replace a file by new content: afterwards it is the old or the new one, never half of it.

    Raises:
        OutputError: the place cannot be written (permissions, full disk).
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OutputError(
            f"cannot write: {error.strerror or error}",
            where=str(path),
            remedy="name another place, or make room or permissions there",
        ) from error
