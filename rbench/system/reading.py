"""Reading what somebody pointed at: within a bound, and without waiting where nothing comes.

A device has no end, a socket is no file, and whoever opens a pipe waits until somebody writes to
it. A pipe that is written to (a shell's ``<(…)``) is read as a file is.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from pathlib import Path

NOBODY_S, SILENT_S = 2.0, 60.0
"""How long a pipe is looked at that nobody has opened to write, and one whose writer is silent."""
_LOOK_S = 0.01
_PIECE = 1 << 16
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def kind_of(path: Path) -> str:
    """What lies there if it is no file: ``a folder``, ``a pipe``, ``a socket``, ``a device``.
    Empty for a file, and where nothing is.
    """
    try:
        return _kind(path.stat().st_mode)
    except (OSError, ValueError):  # a NUL in a name is a ValueError
        return ""


def content_of(path: Path, most: int) -> bytes:
    """The bytes of a file, or of a pipe that somebody writes to.

    Args:
        most: bytes that it may have.

    Raises:
        OSError: it cannot be read, or is neither; its ``strerror`` says what it is.
        ValueError: there is more, or no file can have such a name.
    """
    kind = _kind(path.stat().st_mode)
    if kind in ("a socket", "a device"):
        raise OSError(errno.EINVAL, f"it is {kind}, no file")
    if kind == "a pipe":
        content = _from_pipe(path, most)
    else:
        with path.open("rb") as file:
            content = file.read(most + 1)
    if len(content) > most:
        raise ValueError(f"more than {most:,} bytes")
    return content


def _kind(mode: int) -> str:
    return next((words for is_one, words in _KINDS if is_one(mode)), "")


def _from_pipe(path: Path, most: int) -> bytes:
    """All that comes up to its end; at most one piece more than was asked for."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    content = bytearray()
    started = heard = time.monotonic()
    try:
        while len(content) <= most:
            try:
                piece = os.read(handle, _PIECE)
            except BlockingIOError:  # somebody has it open, and has not written yet
                if time.monotonic() - heard > SILENT_S:
                    raise OSError(
                        errno.ETIMEDOUT, f"it is a pipe that gave nothing for {SILENT_S:g} s"
                    ) from None
            else:
                heard = time.monotonic()
                content += piece
                if content and not piece:
                    break
                if not content and heard - started > NOBODY_S:
                    raise OSError(errno.EPIPE, "it is a pipe that nobody writes to")
                if piece:
                    continue
            time.sleep(_LOOK_S)
    finally:
        os.close(handle)
    return bytes(content)
