"""What a file is wrapped in: nothing, gzip, bzip2, xz, zstd, or a zip archive of one file."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from rbench.errors import DataError, MissingExtraError
from rbench.system import reading

MAGIC = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
}
FOREIGN = {
    b"ARROW1": ("Arrow (Feather)", "pandas.read_feather"),
    b"ORC": ("ORC", "pandas.read_orc"),
    b"\x89HDF": ("HDF5", "pandas.read_hdf"),
    b"\x80\x04": ("a Python pickle", "pandas.read_pickle"),
    b"\x80\x05": ("a Python pickle", "pandas.read_pickle"),
    b"SQLite format 3": ("an SQLite database", "pandas.read_sql"),
    b"\xd0\xcf\x11\xe0": ("an Excel workbook", "pandas.read_excel"),
    b"Obj\x01": ("Avro", ""),
    b"\x93NUMPY": ("a NumPy array", "numpy.load"),
}
"""First bytes of tables that rbench does not read -> what they are, what reads them."""
TABLES = "CSV, JSON lines, Parquet and the like"
ARCHIVES = {
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!\x1a\x07": "a RAR archive",
    b"\x04\x22\x4d\x18": "packed with lz4",
    b"\x1f\x9d": "packed with compress",
}
"""First bytes of containers that rbench does not open -> what they are."""
PAGES = {
    b"version https://git-lfs.github.com/": (
        "a pointer of Git LFS, not the file itself",
        "get the file: git lfs pull",
    ),
    b"<!doctype": ("a web page", "get the log itself: the address gave a page"),
    b"<html": ("a web page", "get the log itself: the address gave a page"),
    b"<?xml": ("XML", "convert it: pandas.read_xml(…).to_parquet('log.parquet')"),
}
"""First bytes, in lower case, of text that is no table -> what it is, what to do."""
LINE_BYTES = 64 << 20
"""A log's line is shorter: more in one piece is no log, and would fill the memory."""
SWELL, SWOLLEN_BYTES = 200, 1 << 30
"""What unpacks to more than so many times its size, and is so large, is no log."""

TORN = (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile)


def kind_of(path: Path) -> str:
    """The container's name by its first bytes; empty for a plain file."""
    with path.open("rb") as file:
        head = file.read(8)
    return next((kind for magic, kind in MAGIC.items() if head.startswith(magic)), "")


@contextmanager
def unpacked(path: Path) -> Iterator[BinaryIO]:
    """A file's bytes, unpacked on the way.

    Raises:
        DataError: it cannot be read, is torn, or is an archive of several files; also for what
            goes wrong while the caller reads it.
        MissingExtraError: it is zstd, and what reads that is not installed.
    """
    kind, odd = "", reading.kind_of(path)
    if odd not in ("", "a folder"):  # who opens a pipe waits until somebody writes to it
        raise DataError(
            f"this is {odd}",
            where=str(path),
            allowed="a file",
            remedy="write what comes out of it to a file, and name that",
        )
    try:
        with ExitStack() as stack:
            kind = kind_of(path)
            file = stack.enter_context(path.open("rb"))
            size = path.stat().st_size
            inner = _opened(file, kind, path, stack)
            yield cast(BinaryIO, io.BufferedReader(_Bounded(inner, path, size, kind), 1 << 16))
    except DataError:
        raise
    except TORN as error:
        raise _torn(path, kind, str(error)) from error
    except OSError as error:
        if kind and error.errno is None:  # gzip.BadGzipFile, and bz2's only error
            raise _torn(path, kind, str(error)) from error
        raise unreadable(path, error) from error


def _torn(path: Path, kind: str, what: str) -> DataError:
    return DataError(
        f"cannot read: the {kind or 'packed'} file is torn: {what}",
        where=str(path),
        remedy="get or pack it again",
    )


def unreadable(path: Path, error: OSError) -> DataError:
    """What the system said, as one line."""
    return DataError(f"cannot read: {error.strerror or error}", where=str(path))


def _opened(file: BinaryIO, kind: str, path: Path, stack: ExitStack) -> Any:
    match kind:
        case "gzip":
            return stack.enter_context(gzip.open(file))
        case "bzip2":
            return stack.enter_context(bz2.open(file))
        case "xz":
            return stack.enter_context(lzma.open(file))
        case "zstd":
            return stack.enter_context(_zstd(path).open(file))
        case "zip":
            return _member(stack.enter_context(zipfile.ZipFile(file)), path, stack)
        case _:
            return file


def _member(archive: zipfile.ZipFile, path: Path, stack: ExitStack) -> Any:
    members = [
        one
        for one in archive.infolist()
        if not one.is_dir() and not one.filename.startswith("__MACOSX/")
    ]
    names = [one.filename for one in members]
    if any(name.startswith("xl/") for name in names):
        raise foreign(path, "an Excel workbook", "pandas.read_excel")
    if len(members) != 1:
        shown = ", ".join(repr(name[:60]) for name in names[:6]) + (", …" if names[6:] else "")
        raise DataError(
            f"a zip archive of {len(members)} files: {shown}",
            where=str(path),
            allowed="an archive of one file",
            remedy="unpack it and name the log's file",
        )
    try:
        return stack.enter_context(archive.open(members[0]))
    except (RuntimeError, NotImplementedError) as error:  # a password, or a method of its own
        raise DataError(
            f"cannot unpack: {str(error).splitlines()[0]}",
            where=str(path),
            remedy="unpack it by other means",
        ) from error


def _zstd(path: Path) -> Any:
    try:
        from backports import zstd
    except ImportError as error:
        raise MissingExtraError(
            "reading zstd needs backports.zstd",
            where=str(path),
            remedy="install it with: pip install 'rbench[profile]', or unpack the file: zstd -d",
        ) from error
    return zstd


def foreign(path: Path, what: str, reader: str) -> DataError:
    """A table of another kind, and how it becomes one that is read."""
    return DataError(
        f"this is {what}",
        where=str(path),
        allowed=TABLES,
        remedy=f"convert it: {reader}(…).to_parquet('log.parquet')" if reader else "convert it",
    )


def within(head: bytes) -> str:
    """What the first bytes of a file, unpacked, are again: packed, an archive, or nothing such."""
    found = (kind for magic, kind in (MAGIC | ARCHIVES).items() if head.startswith(magic))
    return next(found, "a tar archive" if head[257:262] == b"ustar" else "")


def refuse_pages(path: Path, head: bytes) -> None:
    """Text that is no table of any kind.

    Raises:
        DataError: the first bytes are of such.
    """
    start = head[:60].removeprefix(codecs.BOM_UTF8).lstrip().lower()
    for magic, (what, remedy) in PAGES.items():
        if start.startswith(magic):
            raise DataError(f"this is {what}", where=str(path), allowed=TABLES, remedy=remedy)


def packed_twice(path: Path, what: str, kind: str) -> DataError:
    """The error where something that must be unpacked first is found in a file."""
    return DataError(
        f"this is {what}" + (f" within {kind}" if kind else ""),
        where=str(path),
        allowed="a log, or one packed with gzip, bzip2, xz, zstd or zip",
        remedy="unpack it, and name the log's file",
    )


class _Bounded(io.RawIOBase):
    """Passes bytes on, until a line or the whole is longer than any log's."""

    def __init__(self, inner: Any, path: Path, packed_bytes: int, kind: str) -> None:
        self.inner, self.path, self.packed_bytes, self.kind = inner, path, packed_bytes, kind
        self.total = self.since_line = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            block = self.inner.read(len(buffer))
        except OSError as error:
            if error.errno is None:
                raise _torn(self.path, self.kind, str(error)) from error
            raise
        except (RuntimeError, *TORN) as error:
            raise _torn(self.path, self.kind, str(error)) from error
        except Exception as error:
            if type(error).__name__ == "ZstdError":
                raise _torn(self.path, "zstd", str(error)) from error
            raise
        buffer[: len(block)] = block
        self.total += len(block)
        last = block.rfind(b"\n")
        self.since_line = self.since_line + len(block) if last < 0 else len(block) - last
        if self.since_line > LINE_BYTES:
            raise DataError(
                f"a line of more than {LINE_BYTES >> 20} MiB",
                where=str(self.path),
                remedy="not a log of one interaction a line",
            )
        if self.total > max(SWOLLEN_BYTES, SWELL * self.packed_bytes):
            raise DataError(
                f"{self.packed_bytes:,} bytes unpack to more than {SWELL} times as many",
                where=str(self.path),
                remedy="no log is so repetitive: is it the right file?",
            )
        return len(block)
