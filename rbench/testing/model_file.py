"""The smallest .tflite that is whole, of any size: for tests that weigh files and run none."""

from __future__ import annotations

import struct

_VERSION = 3
EMPTY = struct.pack(
    "<I4s 7H2x iIII II II HHi HHi",
    *(24, b"TFL3"),  # where the model lies, and what it is
    *(14, 16, 4, 0, 8, 0, 12),  # of its fields it has: version, graphs, buffers
    *(16, _VERSION, 40 - 32, 48 - 36),
    *(1, 60 - 44),  # one graph,
    *(1, 68 - 52),  # one buffer,
    *(4, 4, 4),  # and nothing in either
    *(4, 4, 4),
)
"""One empty graph."""


def model_of(size: int, content: bytes = b"") -> bytes:
    """A .tflite of so many bytes; what follows the empty graph is the content, over and over.

    Args:
        size: in bytes, from ``len(EMPTY)``, 72.
    """
    if size < len(EMPTY):
        raise ValueError(f"size must be from {len(EMPTY)}, not {size}")
    rest = size - len(EMPTY)
    filling = content or b"\x00"
    return EMPTY + (filling * (rest // len(filling) + 1))[:rest]
