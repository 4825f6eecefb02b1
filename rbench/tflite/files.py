"""Files that hold a .tflite, and those beside it in which some of its weights lie."""

from __future__ import annotations

import errno
import mmap
import os
import stat
from pathlib import Path
from typing import NamedTuple

from rbench.errors import ModelError
from rbench.tflite.reading import IDENTIFIER, external_ends


class ExternalFile(NamedTuple):
    """A file beside a model, in which some of its weights lie."""

    name: str
    """As the model says it, relative to the model's folder."""
    path: Path
    needs_bytes: int
    """Up to the end of the last weight that lies in it."""
    size_bytes: int | None
    """None: it is not there."""


def mapped(path: Path) -> memoryview:
    """The content of a file, mapped and not read; only its first bytes where it is no .tflite.

    Raises:
        ModelError: it cannot be read.
    """
    try:
        with os.fdopen(_regular(path), "rb") as file:
            head = file.read(8)
            if head[4:] != IDENTIFIER:
                return memoryview(head)
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ModelError(f"cannot be read: {reason.lower()}", where=str(path)) from error


def external_files(path: Path) -> tuple[ExternalFile, ...]:
    """The other files that a .tflite keeps weights in, read off without the rest of it.

    Raises:
        ModelError: it cannot be read, is no .tflite, or a torn one.
    """
    try:
        ends = external_ends(mapped(path))
    except ModelError as error:
        raise error if error.where else placed(error, path) from error
    return tuple(_found(path, name, end) for name, end in ends)


def placed(error: ModelError, path: Path) -> ModelError:
    """The same error, of a file that has a path."""
    return ModelError(error.what, where=str(path), allowed=error.allowed, remedy=error.remedy)


def _regular(path: Path) -> int:
    """Open a file, but wait for no other end of a pipe and read no endless device."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return descriptor
    os.close(descriptor)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    raise ValueError("it is no file but a device or a pipe")


def _found(path: Path, name: bytes, end: int) -> ExternalFile:
    said = os.fsdecode(name)
    place = path.parent / said
    try:
        size = place.stat().st_size if said and place.is_file() else None
    except (OSError, ValueError):
        size = None
    return ExternalFile(said, place, end, size)
