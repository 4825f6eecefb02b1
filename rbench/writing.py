"""Writing files: whole or not there, whatever kills the writer, with errors that name the place."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rbench.errors import OutputError


def write_atomically(path: Path, content: bytes) -> None:
    """Replace a file by new content: afterwards it is the old or the new one, never half of it.

    Raises:
        OutputError: the place cannot be written (permissions, full disk).
    """
    with writing(path):
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


def clear_torn(folder: Path) -> None:
    """Take away what writers that were killed left in a folder, where nobody writes now."""
    for torn in folder.glob(f".*.{'?' * _RANDOM_LETTERS}"):
        with suppress(OSError):
            torn.unlink()


_RANDOM_LETTERS = 8
"""Of the names that tempfile makes up."""


@contextmanager
def writing(place: Path, option: str = "") -> Iterator[None]:
    """Turn the system's errors about a place into ours.

    Args:
        option: of the command line that names the place, if one does.

    Raises:
        OutputError: the place cannot be written.
    """
    try:
        yield
    except OSError as error:
        named = f" with {option}" if option else ""
        raise OutputError(
            f"cannot write: {error.strerror or error}",
            where=str(place),
            remedy=f"name another place{named}, or make room or permissions there",
        ) from error
