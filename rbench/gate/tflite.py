"""What a gate has to know of a .tflite: that it is one, that it is whole, and which of its weights
lie in other files.

Tables and vectors are followed as far as the schema is known here, and held against the file's
size; nothing of their content is read, and nothing is read twice. Needs no schema library.

Source: tensorflow/compiler/mlir/lite/schema/schema.fbs, version 3d; FlatBuffers' internals,
https://flatbuffers.dev/internals/.
"""

from __future__ import annotations

import struct
from typing import BinaryIO, NamedTuple

IDENTIFIER = b"TFL3"
MOST_TABLES = 2_000_000
"""In one file; a graph of ten thousand operators has some fifty thousand."""
_POINTERS = (b"version https://git-lfs", b"../.git/annex/", b"/annex/objects/", b".git/annex/")

Fields = dict[int, object]
"""Number of a table's field -> what it points to: a table's `Fields`, a list of one for a vector
of such tables, the bytes of an element for a vector of numbers, 0 for a text."""
TABLE: Fields = {}
"""A table of which only its own bytes are looked at."""
TEXT = 0
_QUANTIZATION: Fields = {0: 4, 1: 4, 2: 4, 3: 8}
_TENSOR: Fields = {0: 4, 3: TEXT, 4: _QUANTIZATION, 6: TABLE, 7: 4}
_OPERATOR: Fields = {1: 4, 2: 4, 4: TABLE, 5: 1, 7: 1, 8: 4, 12: TABLE}
_SUBGRAPH: Fields = {0: [_TENSOR], 1: 4, 2: 4, 3: [_OPERATOR], 4: TEXT}
_BUFFER: Fields = {0: 1}
_SIGNATURE: Fields = {0: [{0: TEXT}], 1: [{0: TEXT}], 2: TEXT}
_GROUP: Fields = {0: TEXT}
_EXTERNAL: Fields = {4: TEXT}
MODEL: Fields = {
    **{1: [{1: TEXT}], 2: [_SUBGRAPH], 3: TEXT, 4: [_BUFFER], 5: 4, 6: [{0: TEXT}]},
    **{7: [_SIGNATURE], 8: [_GROUP], 9: [_EXTERNAL]},
}


class NoModelError(Exception):
    """What is no whole .tflite; its text continues the file's name."""


class Elsewhere(NamedTuple):
    """Weights that lie in another file."""

    name: str
    """Of the file, as the model writes it."""
    end: int
    """Bytes that it must have."""


def elsewhere(file: BinaryIO, size: int) -> tuple[Elsewhere, ...]:
    """Check an open .tflite, and say which other files its weights lie in.

    Args:
        size: of the file, in bytes.

    Raises:
        NoModelError: it is no .tflite, or not a whole one.
    """
    head = _head(file)
    if not head:
        raise NoModelError("is empty")
    if head.startswith(_POINTERS):
        kind, fetch = ("Git LFS", "lfs pull") if b"lfs" in head[:30] else ("git-annex", "annex get")
        raise NoModelError(f"is a pointer of {kind}, not the file: fetch it with `git {fetch}`")
    if head[4:8] != IDENTIFIER:
        raise NoModelError(f"is no .tflite: {_looks_like(head)}the identifier TFL3 is missing")
    walk = _Walk(file, size)
    try:
        return _external(walk)
    except (struct.error, RecursionError, OSError) as error:
        raise walk.torn from error


def _head(file: BinaryIO) -> bytes:
    try:
        file.seek(0)
        return file.read(64)
    except OSError as error:
        raise NoModelError(f"cannot be read: {error.strerror or error}") from error


def _looks_like(head: bytes) -> str:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype", b"<html", b"<?xml", b"<head")):
        return "it looks like a web page, "
    if head.startswith(b"PK\x03\x04"):
        return "it looks like a zip archive, "
    return "it looks like gzip, " if head.startswith(b"\x1f\x8b") else ""


def _external(walk: _Walk) -> tuple[Elsewhere, ...]:
    (root,) = walk.unpack("<I", 0)
    walk.table(root, MODEL)
    if not walk.tables(root, 2):
        raise NoModelError("is no .tflite: it has no graph")
    for table in walk.tables(root, 4):
        walk.inside(table, 1, 2)
    groups = [walk.text(walk.field(table, 0)) for table in walk.tables(root, 8)]
    ends = dict.fromkeys(groups, 0)
    known = {0}
    for table in walk.tables(root, 9):
        known.add(walk.number(table, 0, "<I"))
        group = walk.number(table, 1, "<I")
        if group >= len(groups):
            raise NoModelError("names weights in another file, and not in which")
        end = walk.number(table, 2, "<Q") + walk.number(table, 3, "<Q")
        ends[groups[group]] = max(ends[groups[group]], end)
    for graph in walk.tables(root, 2):
        for tensor in walk.tables(graph, 0):
            if walk.number(tensor, 10, "<I") not in known:
                raise NoModelError("has weights in another file, and does not say in which")
        for operator in walk.tables(graph, 3):
            walk.inside(operator, 9, 10)
    return tuple(Elsewhere(name, end) for name, end in ends.items())


class _Walk:
    """A way through a flatbuffer that never leaves it."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.file = file
        self.size = size
        self.seen: set[tuple[int, int]] = set()
        self.torn = NoModelError(
            f"is no whole .tflite: parts of it would lie outside its {size:,} bytes; "
            "it is torn: convert, download or build it again"
        )

    def unpack(self, layout: str, at: int) -> tuple[int, ...]:
        wanted = struct.calcsize(layout)
        if not 0 <= at <= self.size - wanted:
            raise self.torn
        self.file.seek(at)
        return struct.unpack(layout, self.file.read(wanted))

    def field(self, table: int, number: int) -> int:
        """Where a table's field lies; 0 where it has none."""
        (back,) = self.unpack("<i", table)
        start = table - back
        (length,) = self.unpack("<H", start)
        if 4 + 2 * number + 2 > length:
            return 0
        (offset,) = self.unpack("<H", start + 4 + 2 * number)
        return table + offset if offset else 0

    def number(self, table: int, field: int, layout: str) -> int:
        at = self.field(table, field)
        return self.unpack(layout, at)[0] if at else 0

    def inside(self, table: int, start: int, length: int) -> None:
        """Check that the bytes which two fields tell of, if any, lie in the file."""
        begin = self.number(table, start, "<Q")
        if begin > 1:  # 0 and 1 stand for none
            self.bounded(begin, self.number(table, length, "<Q"), 1)

    def target(self, at: int) -> int:
        return at + self.unpack("<I", at)[0]

    def tables(self, table: int, field: int) -> list[int]:
        """Where the tables of a vector lie."""
        at = self.field(table, field)
        if not at:
            return []
        start = self.target(at)
        (count,) = self.unpack("<I", start)
        self.bounded(start + 4, count, 4)
        if count > MOST_TABLES:
            raise NoModelError(f"cannot be judged: it names {count:,} tables")
        return [self.target(start + 4 + 4 * number) for number in range(count)]

    def bounded(self, start: int, count: int, width: int) -> None:
        if start + count * width > self.size:
            raise self.torn

    def vector(self, at: int, width: int) -> None:
        start = self.target(at)
        self.bounded(start + 4, self.unpack("<I", start)[0], width)

    def text(self, at: int) -> str:
        """A text of up to 4,096 bytes."""
        if not at:
            return ""
        start = self.target(at)
        (length,) = self.unpack("<I", start)
        if length > 4096:
            raise NoModelError(f"names another file with {length:,} letters")
        self.bounded(start + 4, length, 1)
        self.file.seek(start + 4)
        return self.file.read(length).decode("utf-8", "replace")

    def table(self, at: int, fields: Fields) -> None:
        """Check that a table, and all that it points to, lies in the file."""
        if (at, id(fields)) in self.seen:
            return
        self.seen.add((at, id(fields)))
        if len(self.seen) > MOST_TABLES:
            raise NoModelError(f"cannot be judged: it has more than {MOST_TABLES:,} tables")
        (back,) = self.unpack("<i", at)
        length, inline = self.unpack("<HH", at - back)
        self.bounded(at - back, length, 1)
        self.bounded(at, inline, 1)
        for number, kind in fields.items():
            where = self.field(at, number)
            if not where:
                continue
            if isinstance(kind, dict):
                self.table(self.target(where), kind)
            elif isinstance(kind, list):
                for one in self.tables(at, number):
                    self.table(one, kind[0])
            elif isinstance(kind, int):
                self.vector(where, kind or 1)
