"""Folders for what is put down for a while, and their end.

A folder goes with whoever made it; that of a process that was killed goes when the next one is
made. Libraries leave files in TMPDIR, too, most of all when they are killed. So a sweep's processes
get such a folder as their TMPDIR. Processes that still have it when its sweep is gone were left
behind, and are ended.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import filelock

from rbench.errors import OutputError
from rbench.system.keeping import end_marked

PREFIX = "rbench-tmp-"
LOCK = ".rbench-lock"
"""In each folder. What has none is not rbench's, whatever its name."""
USERS = "RBENCH_USERS_TMPDIR"
"""The user's own folder for temporary files, told to the processes of a sweep."""

YOUNG_S = 60.0
"""An empty folder that is younger may be one that just begins."""

FULL = (errno.ENOSPC, errno.EDQUOT)
FULL_WORDS = (os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT), "No usable temporary directory")
ROOM_BYTES = 1 << 20
"""A place with less free room counts as full."""


def users_folder() -> Path:
    """The user's folder for temporary files, in a sweep's processes too."""
    return Path(os.environ.get(USERS) or tempfile.gettempdir())


@contextmanager
def folder(place: Path | None = None) -> Iterator[Path]:
    """Make a folder, and take it away in the end.

    Args:
        place: in which; None: where this process puts temporary files.

    Raises:
        OutputError: there is no room for it.
    """
    place = place or Path(tempfile.gettempdir())
    clear_stale(place)
    try:
        made = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
        lock = filelock.FileLock(made / LOCK)
        lock.acquire(timeout=0)
    except OSError as error:
        raise OutputError(
            f"cannot make a folder for temporary files: {error.strerror or error}",
            where=str(place),
            remedy="make room or permissions there, or name another place with TMPDIR",
        ) from error
    try:
        yield made
    finally:
        lock.release()
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def of_a_sweep() -> Iterator[dict[str, str]]:
    """Make a sweep's folder, and take it away in the end with whoever still uses it.

    Yields:
        What the environment of the sweep's processes says of it.

    Raises:
        OutputError: there is no room for it.
    """
    place = users_folder()
    with folder(place) as made:
        try:
            yield {"TMPDIR": str(made), USERS: str(place)}
        finally:
            end_marked(f"TMPDIR={made}")


def clear_stale(place: Path) -> None:
    """Take away this user's folders whose makers were killed, and who still uses them."""
    for made in place.glob(f"{PREFIX}*"):
        with suppress(OSError):
            if _is_stale(made):
                end_marked(f"TMPDIR={made}")
                shutil.rmtree(made, ignore_errors=True)


def _is_stale(made: Path) -> bool:
    known = made.lstat()
    if made.is_symlink() or not made.is_dir() or known.st_uid != os.getuid():
        return False
    if not (made / LOCK).is_file():
        return not any(made.iterdir()) and time.time() - known.st_mtime > YOUNG_S
    lock = filelock.FileLock(made / LOCK)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        return False
    lock.release()
    return True


def full_place(error: BaseException, other: Path) -> Path | None:
    """Which place is full, if that is why something failed; libraries say it in words alone.

    Args:
        other: where the work itself is written, besides the folder for temporary files.
    """
    causes: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in causes:
        causes.append(cause)
        cause = cause.__cause__ or cause.__context__
    for cause in causes:
        told = isinstance(cause, OSError) and cause.errno in FULL
        if told or any(words in _said(cause) for words in FULL_WORDS):
            named = Path(str(getattr(cause, "filename", None) or ""))
            return _full(named, other)
    return None


def _said(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # a stranger's: its own words may raise, too
        return ""


def _full(named: Path, other: Path) -> Path:
    temporary = Path(os.environ.get("TMPDIR") or users_folder())
    if named.is_relative_to(other):
        return other
    if not named.is_relative_to(temporary) and _room(temporary) > ROOM_BYTES > _room(other):
        return other
    return temporary


def _room(place: Path) -> int:
    try:
        return shutil.disk_usage(place).free
    except OSError:
        return 0
