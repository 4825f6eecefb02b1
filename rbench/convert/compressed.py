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
SAMPLED = 16 << 20
"""Bytes above which a look at a file has gzip compress samples: weights do not shrink, and then it
takes a second for 20 MB at any level."""
SAMPLES, SAMPLE = 16, 1 << 17
"""How many, all over the file, and bytes of each: several of gzip's windows of 32 kB."""


class Compressed(NamedTuple):
    """Sizes in bytes."""

    gzip_bytes: int
    gzip_of_bytes: int
    """Bytes that were compressed to know that; all, or samples."""
    zstd_bytes: int
    zstd_level: int


def compressed(content: Content, report: Reporter = silent, *, sampled: bool = False) -> Compressed:
    """Compress piece by piece, and keep nothing but the sizes.

    Args:
        report: hears of each piece.
        sampled: reckon what gzip makes of a very large file from samples.
    """
    from backports import zstd

    size = len(content)
    level = ZSTD_LEVEL if size <= LARGE else ZSTD_LEVEL_OF_LARGE
    whole = not (sampled and size > SAMPLED)
    zipping, packing = zlib.compressobj(GZIP_LEVEL, wbits=GZIP_WINDOW), zstd.ZstdCompressor(level)
    packing.set_pledged_input_size(size)
    zipped = packed = 0
    for first in range(0, size, PIECE):
        report(Progress(done=first, total=size, text="compressing"))
        piece = content[first : first + PIECE]
        zipped += len(zipping.compress(piece)) if whole else 0
        packed += len(packing.compress(piece))
    zipped += len(zipping.flush())
    packed += len(packing.flush())
    report(Progress(done=size, total=size, text="compressing"))
    if whole:
        return Compressed(zipped, size, packed, level)
    return Compressed(_reckoned(content), SAMPLES * SAMPLE, packed, level)


def _reckoned(content: Content) -> int:
    """What gzip would make of a file, by samples from its beginning to its end."""
    step = (len(content) - SAMPLE) / (SAMPLES - 1)
    starts = (int(step * number) for number in range(SAMPLES))
    zipped = sum(len(zlib.compress(content[at : at + SAMPLE], GZIP_LEVEL)) for at in starts)
    return round(len(content) * zipped / (SAMPLES * SAMPLE))
