"""What travels to a phone that has the file of before: the difference, in two usual forms."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from rbench.system import extras

LEVEL = 19


def zstd_patch(old: bytes, new: bytes) -> bytes:
    """As ``zstd -19 --patch-from=OLD NEW`` makes one; ``zstd -d --patch-from=OLD`` undoes it.

    Raises:
        MissingExtraError: backports.zstd is not installed, before Python 3.14.
    """
    zstd = _zstd()
    known = zstd.ZstdDict(old, is_raw=True)
    bits = max(10, min(27, (len(old) + len(new)).bit_length()))
    options = {
        zstd.CompressionParameter.compression_level: LEVEL,
        zstd.CompressionParameter.window_log: bits,
        zstd.CompressionParameter.enable_long_distance_matching: 1,
    }
    made: bytes = zstd.compress(new, options=options, zstd_dict=known.as_prefix)
    return made


def zstd_patched(old: bytes, patch: bytes) -> bytes:
    """The new file."""
    zstd = _zstd()
    options = {zstd.DecompressionParameter.window_log_max: 27}
    known = zstd.ZstdDict(old, is_raw=True)
    made: bytes = zstd.decompress(patch, zstd_dict=known.as_prefix, options=options)
    return made


def bsdiff_bytes(old: bytes, new: bytes) -> int | None:
    """How many bytes bsdiff's patch has; None where no bsdiff is installed."""
    try:
        found = importlib.import_module("bsdiff4")
    except ImportError:
        return _by_program(old, new)
    return len(found.diff(old, new))


def _by_program(old: bytes, new: bytes) -> int | None:
    program = shutil.which("bsdiff")
    if program is None:
        return None
    with tempfile.TemporaryDirectory() as place:
        paths = [Path(place, name) for name in ("old", "new", "patch")]
        paths[0].write_bytes(old)
        paths[1].write_bytes(new)
        done = subprocess.run([program, *map(str, paths)], capture_output=True, check=False)
        return paths[2].stat().st_size if done.returncode == 0 else None


def _zstd() -> Any:
    if sys.version_info >= (3, 14):
        return importlib.import_module("compression.zstd")
    extras.require("profile", "making a patch", "backports.zstd")
    return importlib.import_module("backports.zstd")
