"""Protocol buffers' wire format, as much of it as the tool's result files need.

https://protobuf.dev/programming-guides/encoding/: a message is a row of (field number, wire type,
value). Reading one needs no library, and none that would read it is among what rbench asks for.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator

from rbench.errors import StageError

Value = int | bytes
Fields = dict[int, list[Value]]
"""Field number -> what came under it, in order. 32 and 64 bit values stay bytes."""

_FIXED = {1: 8, 5: 4}
_LONGEST_VARINT = 10


def read_message(content: bytes) -> Fields:
    """The fields of a message.

    Raises:
        StageError: it is torn, or no message.
    """
    fields: Fields = {}
    place = 0
    while place < len(content):
        tag, place = _varint(content, place)
        number, kind = tag >> 3, tag & 7
        if not number:
            raise StageError("no protocol buffer: a field without a number")
        value: Value
        if kind == 0:
            value, place = _varint(content, place)
        elif kind in _FIXED:
            value, place = _piece(content, place, _FIXED[kind])
        elif kind == 2:
            length, place = _varint(content, place)
            value, place = _piece(content, place, length)
        else:
            raise StageError(f"no protocol buffer: wire type {kind}")
        fields.setdefault(number, []).append(value)
    return fields


def messages(fields: Fields, number: int) -> list[Fields]:
    """The messages under a field."""
    return [read_message(_bytes(value, number)) for value in fields.get(number, ())]


def floats(fields: Fields) -> dict[int, float]:
    """Field number -> value, of the 32 bit floats among the fields: seven digits, no more.

    Raises:
        StageError: one is infinite or not a number.
    """
    found = {}
    for number, values in fields.items():
        last = values[-1]
        if isinstance(last, bytes) and len(last) == 4:
            value = struct.unpack("<f", last)[0]
            if not math.isfinite(value):
                raise StageError(f"field {number} is {value}")
            found[number] = float(f"{value:.7g}")
    return found


def integer(fields: Fields, number: int) -> int | None:
    """The signed integer under a field; None where it is not set."""
    values = fields.get(number)
    if not values:
        return None
    if not isinstance(values[-1], int):
        raise StageError(f"field {number} is no integer")
    value = values[-1]
    return value - 2**64 if value >= 2**63 else value


def integers(fields: Fields, number: int) -> list[int]:
    """A repeated integer, packed or not."""
    found: list[int] = []
    for value in fields.get(number, ()):
        found.extend([value] if isinstance(value, int) else _packed(value))
    return found


def text(fields: Fields, number: int) -> str:
    """The string under a field; empty where it is not set."""
    values = fields.get(number)
    return _bytes(values[-1], number).decode(errors="replace") if values else ""


def _packed(content: bytes) -> Iterator[int]:
    place = 0
    while place < len(content):
        value, place = _varint(content, place)
        yield value


def _bytes(value: Value, number: int) -> bytes:
    if isinstance(value, int):
        raise StageError(f"field {number} is an integer")
    return value


def _varint(content: bytes, place: int) -> tuple[int, int]:
    value = 0
    for index in range(_LONGEST_VARINT):
        if place + index >= len(content):
            break
        byte = content[place + index]
        value |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return value & (2**64 - 1), place + index + 1
    raise StageError("no protocol buffer: it ends within a number")


def _piece(content: bytes, place: int, length: int) -> tuple[bytes, int]:
    there = len(content) - place
    if length > there:
        raise StageError(f"no protocol buffer: {length} bytes announced, {there} there")
    return content[place : place + length], place + length
