"""A flatbuffer as a reader who trusts nobody sees it: every place in it is read once.

A file may point at one place a million times, or at a million places that overlap: followed
blindly, a few hundred kilobytes become gigabytes. Here what lies at a place is made once and given
to all who point at it, and all places together may not be larger than the file: those of a real
writer do not overlap. So memory and time are bounded by the size of the file.

Source: https://flatbuffers.dev/internals/.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

T = TypeVar("T")
Content = bytes | memoryview
SLACK = 4096
"""Bytes by which a small file may be read beyond its size: empty vectors serve all types."""
_U16, _U32, _I32 = struct.Struct("<H"), struct.Struct("<I"), struct.Struct("<i")


class DamagedError(Exception):
    """The bytes are no flatbuffer of the kind that was expected; the text says where."""


class Source:
    """All bytes, and what was read of them."""

    def __init__(self, content: Content) -> None:
        self.content = memoryview(content)
        self.size = len(self.content)
        self._left = 2 * self.size + SLACK
        self._made: dict[tuple[Any, int], Any] = {}

    def root(self) -> Table:
        """The table that the file is about.

        Raises:
            DamagedError: there is none.
        """
        return self.table(0)

    def table(self, at: int) -> Table:
        """The table that the offset at a place leads to."""
        place = self._follow(at)
        return self.once(Table, place, lambda: Table(self, place))

    def once(self, kind: Any, place: int, make: Callable[[], T]) -> T:
        """What lies at a place, made where it is asked for first.

        Args:
            kind: what it is read as.
        """
        key = kind, place
        found: T | None = self._made.get(key)
        if found is None:
            found = self._made[key] = make()
        return found

    def spend(self, count: int, what: str) -> None:
        """Account for bytes that are read for the first time.

        Raises:
            DamagedError: more than the file has.
        """
        self._left -= count
        if self._left < 0:
            raise DamagedError(f"its parts overlap: {what} lead beyond {self.size:,} bytes")

    def number(self, form: struct.Struct, place: int) -> int:
        """The number at a place."""
        if not 0 <= place <= self.size - form.size:
            raise DamagedError(f"a number at {place:,} of {self.size:,} bytes")
        return int(form.unpack_from(self.content, place)[0])

    def span(self, place: int, length: int, what: str) -> memoryview:
        """Bytes that are read for the first time."""
        if not 0 <= place <= self.size - length:
            end = place + length
            raise DamagedError(f"{what} ends at {end:,} of {self.size:,} bytes")
        self.spend(length, what)
        return self.content[place : place + length]

    def vector(self, at: int) -> tuple[int, int]:
        """Place of the first element and how many there are, of the vector that is pointed at."""
        place = self._follow(at)
        return place + 4, self.number(_U32, place)

    def _follow(self, at: int) -> int:
        return at + self.number(_U32, at)


class Table:
    """One table. Fields are asked for by number, in the order of the schema."""

    __slots__ = ("_fields", "_place", "_source")

    def __init__(self, source: Source, place: int) -> None:
        self._source, self._place = source, place
        start = place - source.number(_I32, place)
        length, inline = source.number(_U16, start), source.number(_U16, start + 2)
        if length < 4 or length % 2 or inline < 4:
            raise DamagedError(f"a table at {place:,} without a layout")
        self._fields = source.once("layout", start, lambda: _layout(source, start, length))
        source.span(place, inline, "a table")

    def number(self, field: int, form: str, default: int = 0) -> int:
        """A number or truth value.

        Args:
            form: its letter in `struct`.
        """
        place = self._at(field)
        return self._source.number(_struct(form), place) if place else default

    def has(self, field: int) -> bool:
        """Whether a field is there."""
        return self._at(field) != 0

    def table(self, field: int, make: Callable[[Table], T]) -> T | None:
        """What is made of a table that this one refers to."""
        place = self._at(field)
        return self._made(place, make) if place else None

    def tables(self, field: int, make: Callable[[Table], T]) -> list[T]:
        """What is made of each of the tables of a vector; empty without one."""
        at = self._at(field)
        if not at:
            return []
        source = self._source
        first, count = source.vector(at)
        source.once(list, first, lambda: source.span(first, 4 * count, "a vector"))
        return [self._made(place, make) for place in range(first, first + 4 * count, 4)]

    def text(self, field: int) -> bytes | None:
        """A string, as it stands in the file."""
        at = self._at(field)
        if not at:
            return None
        source = self._source
        first, count = source.vector(at)
        return source.once(bytes, first, lambda: bytes(source.span(first, count, "a string")))

    def numbers(self, field: int, kind: str) -> NDArray[Any] | None:
        """A vector of numbers, a view of the file.

        Args:
            kind: numpy's name of their type, with the byte order, e.g. ``<i4``.
        """
        at = self._at(field)
        if not at:
            return None
        source = self._source
        first, count = source.vector(at)
        return source.once(kind, first, lambda: _view(source, first, count, kind))

    def elsewhere(self, place: int, length: int) -> NDArray[np.uint8]:
        """Bytes that no offset leads to, but numbers in a table: behind the flatbuffer."""
        source = self._source
        return source.once(
            ("elsewhere", length), place, lambda: _view(source, place, length, "u1", "a buffer")
        )

    def _made(self, at: int, make: Callable[[Table], T]) -> T:
        table = self._source.table(at)
        return self._source.once(make, table._place, lambda: make(table))

    def _at(self, field: int) -> int:
        """Place of a field; 0 where the table has none."""
        offset = self._fields[field] if field < len(self._fields) else 0
        return self._place + offset if offset else 0


_FORMS: dict[str, struct.Struct] = {}


def _struct(form: str) -> struct.Struct:
    return _FORMS.setdefault(form, struct.Struct("<" + form))


def _layout(source: Source, start: int, length: int) -> tuple[int, ...]:
    span = source.span(start, length, "a layout")
    return struct.unpack_from(f"<{length // 2 - 2}H", span, 4)


def _view(
    source: Source, first: int, count: int, kind: str, what: str = "a vector"
) -> NDArray[Any]:
    import numpy as np

    dtype = np.dtype(kind)
    return np.frombuffer(source.span(first, count * dtype.itemsize, what), dtype)
