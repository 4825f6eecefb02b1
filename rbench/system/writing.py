"""Writing files: whole or not there, whatever kills the writer, with errors that name the place."""

from __future__ import annotations

import errno
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rbench.errors import OutputError

RIGHTS = 0o666
"""What a new file is asked for; the umask takes away what the user wants taken away."""
NOBODY_S = 2.0
"""How long a pipe is looked at that nobody has opened to read."""
_LOOK_S = 0.01
_RANDOM_LETTERS = 8
"""Of the names of files that are being written."""
_MOST_BYTES = 200
"""Of a file's name in those; systems allow 255 for all of it."""


def write_atomically(path: Path, content: bytes) -> None:
    """Replace a file by new content: afterwards it is the old or the new one, never half of it.

    A link stays, and what it points to is replaced; what is no file (a pipe, a device) is written.

    Raises:
        OutputError: the place cannot be written (permissions, full disk).
    """
    with writing(path):
        place = Path(os.path.realpath(path))
        if place.exists() and not (place.is_file() or place.is_dir()):
            _into(place, content)
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, torn = _new(place)
        try:
            try:
                _write(handle, content)
                os.fsync(handle)
            finally:
                os.close(handle)
            torn.replace(place)
        except BaseException:
            torn.unlink(missing_ok=True)
            raise


def _into(place: Path, content: bytes) -> None:
    """Write to what is no file. A pipe that nobody reads is not waited for without end."""
    handle = _end_of(place)
    try:
        _write(handle, content)
    finally:
        os.close(handle)


def _end_of(place: Path) -> int:
    waiting = getattr(os, "O_NONBLOCK", 0)  # there are no such pipes where there is no such word
    until = time.monotonic() + NOBODY_S
    while True:
        try:
            handle = os.open(place, os.O_WRONLY | getattr(os, "O_BINARY", 0) | waiting)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            if time.monotonic() > until:
                raise OSError(errno.ENXIO, "nobody reads from this pipe or socket") from error
            time.sleep(_LOOK_S)
        else:
            if waiting:
                os.set_blocking(handle, True)
            return handle


def make_executable(path: Path) -> None:
    """Let those run a file who may read it."""
    rights = path.stat().st_mode
    path.chmod(rights | (rights & 0o444) >> 2)


def _new(place: Path) -> tuple[int, Path]:
    """A new file beside the one that it will be."""
    known = os.fsdecode(os.fsencode(place.name)[:_MOST_BYTES])
    torn = place.with_name(f".{known}.{secrets.token_hex(_RANDOM_LETTERS // 2)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    return os.open(torn, flags, RIGHTS), torn


def _write(handle: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(handle, rest) :]


def clear_torn(folder: Path) -> None:
    """Take away what writers that were killed left in a folder, where nobody writes now."""
    for torn in folder.glob(f".*.{'?' * _RANDOM_LETTERS}"):
        with suppress(OSError):
            torn.unlink()


@contextmanager
def writing(place: Path, option: str = "") -> Iterator[None]:
    """Turn the system's errors about a place into ours.

    Args:
        option: of the command line that names the place, if one does.

    Raises:
        OutputError: the place cannot be written.
    """
    named = f" with {option}" if option else ""
    if not _is_name(place):
        raise OutputError(
            "cannot write: no file can have this name",
            where=str(place),
            remedy=f"name another place{named}",
        )
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"cannot write: {error.strerror or error}",
            where=str(place),
            remedy=f"name another place{named}, or make room or permissions there",
        ) from error


def _is_name(place: Path) -> bool:
    try:
        return b"\0" not in os.fsencode(place)
    except UnicodeEncodeError:
        return False
