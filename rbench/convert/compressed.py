"""What a file takes on its way to a phone: its size after gzip and after zstd."""

from __future__ import annotations

import zlib
from typing import NamedTuple

from rbench.progress import Progress, Reporter, silent
from rbench.tflite.flatbuffer import Content

GZIP_LEVEL, GZIP_WINDOW = 9, 31
"""The window's 16 asks zlib for gzip's frame."""
ZSTD_LEVEL, ZSTD_LEVEL_OF_LARGE = 19, 3
"""The highest that any browser or store unpacks with its usual memory; it compresses 2 MB a second,
level 3 some hundred. On trained weights they differ by a percent or two."""
LARGE = 4 << 20
"""Bytes above which a file is compressed at the lower level."""
PIECE = LARGE


class Compressed(NamedTuple):
    """Sizes in bytes."""

    gzip_bytes: int
    zstd_bytes: int
    zstd_level: int


def compressed(content: Content, report: Reporter = silent) -> Compressed:
    """Compress piece by piece, and keep nothing but the sizes.

    Args:
        report: hears of each piece.
    """
    from backports import zstd

    size = len(content)
    level = ZSTD_LEVEL if size <= LARGE else ZSTD_LEVEL_OF_LARGE
    zipping, packing = zlib.compressobj(GZIP_LEVEL, wbits=GZIP_WINDOW), zstd.ZstdCompressor(level)
    packing.set_pledged_input_size(size)
    zipped = packed = 0
    for first in range(0, size, PIECE):
        report(Progress(done=first, total=size, text="compressing"))
        piece = content[first : first + PIECE]
        zipped += len(zipping.compress(piece))
        packed += len(packing.compress(piece))
    zipped += len(zipping.flush())
    packed += len(packing.flush())
    report(Progress(done=size, total=size, text="compressing"))
    return Compressed(zipped, packed, level)
