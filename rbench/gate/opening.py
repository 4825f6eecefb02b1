"""Opening files that a gate was pointed at: regular files only, and never one that blocks."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from rbench.system.reading import kind_of

LEVEL = 9
"""Of the compression, as for the models of a run."""
PIECE = 1 << 20
"""Bytes that are read at once: a file of gigabytes never lies in memory."""


class NoFileError(Exception):
    """What is no file that can be read; its text continues the file's name."""


def opened(path: Path) -> BinaryIO:
    """A regular file, opened for reading. A pipe or device is not touched.

    Raises:
        NoFileError: it is none, or cannot be read.
    """
    try:
        if kind := kind_of(path):
            raise NoFileError(f"is {kind}")
        return path.open("rb")
    except FileNotFoundError as error:
        if path.is_symlink():
            raise NoFileError(f"is a link to {path.readlink()}, which is not there") from error
        raise NoFileError("is missing") from error
    except (OSError, ValueError) as error:  # a NUL in a name is a ValueError
        said = error.strerror if isinstance(error, OSError) else None
        raise NoFileError(f"cannot be read: {said or error}") from error


def size_of(file: BinaryIO) -> int:
    """Bytes of an open file."""
    return os.fstat(file.fileno()).st_size


def first_bytes(file: BinaryIO, count: int) -> bytes:
    """The beginning of an open file.

    Raises:
        NoFileError: its disk, or who lends it, does not give it.
    """
    try:
        return file.read(count)
    except OSError as error:
        raise NoFileError(f"cannot be read: {error.strerror or error}") from error


def gzip_bytes(path: Path) -> int:
    """How many bytes gzip makes of a file.

    Raises:
        NoFileError: it cannot be read.
    """
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, zlib.MAX_WBITS + 16)
    with opened(path) as file:
        size = sum(len(packer.compress(piece)) for piece in _pieces(file))
    return size + len(packer.flush())


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    try:
        while piece := file.read(PIECE):
            yield piece
    except OSError as error:
        raise NoFileError(f"cannot be read: {error.strerror or error}") from error
