"""Reading text files, packed or not, in any encoding; every way to fail is said in one line."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from rbench.data.container import unpacked, unreadable
from rbench.data.settings import AUTO, DataSettings
from rbench.errors import DataError

__all__ = ["NotThisText", "encoding_of", "opened", "peek", "shown_encoding", "unreadable"]

UTF_8 = "utf-8-sig"  # with or without a byte order mark
LATIN_1 = "latin-1"
MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: UTF_8,
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""Byte order marks; the longer ones first, since one begins with another."""


class NotThisText(DataError):  # noqa: N818 - what was found, not a fault
    """Bytes that are no text of the encoding tried, in a file that has none beyond ASCII before."""


def encoding_of(settings: DataSettings, head: bytes) -> str:
    """The encoding to try: the one asked for, or what the first bytes look like."""
    marked = next((name for mark, name in MARKS.items() if head.startswith(mark)), "")
    if settings.encoding != AUTO:
        name = codecs.lookup(settings.encoding).name
        return {"utf-8": UTF_8, "iso8859-1": LATIN_1}.get(name, name)
    if marked:
        return marked
    sample = head[: len(head) // 2 * 2][:4096]
    evens, odds = sample[::2], sample[1::2]
    if len(sample) >= 4 and b"\0" not in evens and odds.count(0) > 0.9 * len(odds):
        return "utf-16-le"
    if len(sample) >= 4 and b"\0" not in odds and evens.count(0) > 0.9 * len(evens):
        return "utf-16-be"
    return UTF_8


def shown_encoding(encoding: str) -> str:
    """Its name for people."""
    return encoding.removesuffix("-sig").upper() if encoding != LATIN_1 else "Latin-1"


@contextmanager
def opened(path: Path, encoding: str, newline: str | None = None) -> Iterator[io.TextIOWrapper]:
    """A file as text, unpacked on the way.

    Raises:
        NotThisText: see there.
        DataError: it is missing, unreadable, torn, or not in this encoding; also for what goes
            wrong while the caller reads it.
    """
    try:
        with (
            unpacked(path) as file,
            io.TextIOWrapper(file, encoding, newline=newline) as text,
        ):
            yield text
    except UnicodeError as error:
        raise _undecodable(path, encoding, error) from error


def peek(path: Path, size_bytes: int = 1 << 16) -> bytes:
    """The first bytes of a file, unpacked.

    Raises:
        DataError: it cannot be read.
    """
    with unpacked(path) as file:
        return file.read(size_bytes)


def line_beyond_ascii(path: Path, encoding: str) -> int:
    """The number of the first line that holds more than ASCII and is text of an encoding; 0 where
    there is none.

    Raises:
        DataError: it cannot be read.
    """
    with unpacked(path) as file:
        for number, line in enumerate(file, 1):
            if not line.isascii():
                try:
                    line.decode(encoding)
                except UnicodeDecodeError:
                    continue
                return number
    return 0


def _undecodable(path: Path, encoding: str, error: UnicodeError) -> DataError:
    """The text layer reads in blocks and cannot tell the line: look for it."""
    where, beyond_ascii = str(path), False
    name = shown_encoding(encoding)
    try:
        with unpacked(path) as file:
            for number, line in enumerate(file, start=1):
                try:
                    beyond_ascii |= not line.isascii() and bool(line.decode(encoding))
                except UnicodeDecodeError as found:
                    error, where = found, f"{path}, line {number}"
                    break
    except DataError:
        pass  # torn further on: the first fault is the one to tell
    what = str(error)
    if isinstance(error, UnicodeDecodeError):
        value = bytes(islice(error.object, error.start, error.start + 1))
        what = f"byte 0x{value.hex()} is not {name} text"
    kind = NotThisText if encoding == UTF_8 and not beyond_ascii else DataError
    return kind(
        what,
        where=where,
        allowed=name,
        remedy="say its encoding, as in --encoding latin-1 (encoding in [data] of a study), or "
        "save the log as UTF-8",
    )
