"""Reading text files, packed or not, with every way to fail said in one line."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

from rbench.errors import DataError

GZIP_MAGIC = b"\x1f\x8b"


@contextmanager
def opened(path: Path, encoding: str, newline: str | None = None) -> Iterator[io.TextIOWrapper]:
    """A file as text; a file that starts like gzip is unpacked on the way.

    Raises:
        DataError: it is missing, unreadable, torn, or not in this encoding; also for what goes
            wrong while the caller reads it.
    """
    try:
        with open_binary(path) as file, io.TextIOWrapper(file, encoding, newline=newline) as text:
            yield text
    except UnicodeDecodeError as error:
        raise _undecodable(path, encoding, error) from error
    except OSError as error:
        raise unreadable(path, error) from error
    except (EOFError, zlib.error) as error:
        raise DataError(
            f"the gzip file is torn: {error}", where=str(path), remedy="get or pack it again"
        ) from error


def unreadable(path: Path, error: OSError) -> DataError:
    """What the system said, as one line."""
    return DataError(f"cannot read: {error.strerror or error}", where=str(path))


def open_binary(path: Path) -> BinaryIO:
    """A file's bytes, unpacked if it starts like gzip."""
    file = path.open("rb")
    packed = file.read(2) == GZIP_MAGIC
    file.seek(0)
    if not packed:
        return file
    file.close()
    return cast(BinaryIO, gzip.open(path))


def peek(path: Path, size_bytes: int = 1 << 16) -> bytes:
    """The first bytes of a file, unpacked.

    Raises:
        DataError: it cannot be read.
    """
    try:
        with open_binary(path) as file:
            return file.read(size_bytes)
    except OSError as error:
        raise unreadable(path, error) from error
    except (EOFError, zlib.error) as error:
        raise DataError(
            f"the gzip file is torn: {error}", where=str(path), remedy="get or pack it again"
        ) from error


def fields(path: Path, separator: str | None, encoding: str) -> Iterator[tuple[int, list[str]]]:
    """The lines of a file that are not blank: line number from 1, and what lies between the
    separators (any run of white space, where None).

    Raises:
        DataError: as `opened`.
    """
    with opened(path, encoding) as file:
        for number, line in enumerate(file, start=1):
            if parts := line.split(separator) if separator is None else _split(line, separator):
                yield number, parts


def _split(line: str, separator: str) -> list[str]:
    line = line.rstrip("\n")
    return line.split(separator) if line.strip() else []


def _undecodable(path: Path, encoding: str, error: UnicodeDecodeError) -> DataError:
    """The text layer reads in blocks and cannot tell the line: look for it."""
    where = str(path)
    with open_binary(path) as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode(encoding)
            except UnicodeDecodeError as found:
                error, where = found, f"{path}, line {number}"
                break
    value = bytes(islice(error.object, error.start, error.start + 1))
    return DataError(
        f"byte 0x{value.hex()} is not {encoding.removesuffix('-sig').upper()} text",
        where=where,
        allowed=f"{encoding.removesuffix('-sig').upper()}",
        remedy="save the log in that encoding",
    )
