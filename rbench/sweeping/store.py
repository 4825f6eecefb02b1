"""The store: artefacts by the content of their making.

An artefact is a folder, named by the hash of everything that went into it: stage, settings, the
keys of its inputs, library versions and the code of its stage. It appears whole or not at all::

    STORE/STAGE/ab/abcdef…/          result.json and the stage's files
    STORE/STAGE/ab/abcdef….partial/  being made; kept after a kill, so that a training can go on
    STORE/STAGE/ab/abcdef….failed    why the making failed, until somebody wants it tried again
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import filelock
import msgspec
import platformdirs

from rbench.errors import OutputError
from rbench.system.writing import clear_torn, write_atomically
from rbench.text import shown

T = TypeVar("T", bound=msgspec.Struct)
RESULT = "result.json"
ELSEWHERE = "make room or permissions there, or name another place with RBENCH_STORE"
WAITED_S = 10.0
"""How often a process that waits for another's work says so."""
UNWRITABLE = (errno.EACCES, errno.EDQUOT, errno.ENOSPC, errno.EPERM, errno.EROFS)


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why an artefact could not be made."""

    reason: str
    state: str = "failed"
    """``failed`` or ``unsupported``."""
    stage: str = ""
    """The stage that failed; a job behind it fails with the same note."""
    passing: bool = False
    """True where the making was killed from outside: the next sweep tries again unasked."""

    def __post_init__(self) -> None:
        # An exception may quote whole arrays: nobody reads them, and every cell behind it would.
        if len(self.reason) > shown.MOST:
            msgspec.structs.force_setattr(self, "reason", shown.cut(self.reason))


class Store:
    """Artefacts below one folder. Several processes may use it at once.

    Args:
        root: the folder; by default ``$RBENCH_STORE``, or a place in the user's cache.
    """

    def __init__(self, root: Path | None = None) -> None:
        chosen = root or os.environ.get("RBENCH_STORE")
        self.root = (
            Path(chosen).absolute() if chosen else platformdirs.user_cache_path("rbench") / "store"
        )

    def prepare(self) -> None:
        """Make sure the store can be written.

        Raises:
            OutputError: it cannot.
        """
        try:
            write_atomically(
                self.root / "README", b"rbench's store: safe to delete, dear to remake.\n"
            )
        except OutputError as error:
            raise OutputError(error.what, where=str(self.root), remedy=ELSEWHERE) from error

    def folder(self, stage: str, key: str) -> Path:
        """Where a finished artefact lies."""
        return self.root / stage / key[:2] / key

    def has(self, stage: str, key: str) -> bool:
        """Whether the artefact is finished."""
        return (self.folder(stage, key) / RESULT).is_file()

    def read(self, stage: str, key: str, kind: type[T]) -> T:
        """The result of a finished artefact.

        Raises:
            OutputError: it cannot be read as one.
        """
        path = self.folder(stage, key) / RESULT
        try:
            return msgspec.json.decode(path.read_bytes(), type=kind)
        except (msgspec.MsgspecError, OSError) as error:
            raise OutputError(
                f"this artefact cannot be read: {error}",
                where=str(path),
                remedy=f"delete {path.parent}: it will be made again",
            ) from error

    def make(
        self,
        stage: str,
        key: str,
        kind: type[T],
        work: Callable[[Path], T],
        *,
        resumable: bool,
        waiting: Callable[[], None] = lambda: None,
    ) -> T:
        """Make an artefact, unless another process just did.

        Args:
            work: fills the folder that it is given and returns the result.
            resumable: whether ``work`` can go on in a folder that an earlier, killed try left.
            waiting: called now and then while another process makes it.

        Raises:
            OutputError: the store cannot be written.
        """
        final = self.folder(stage, key)
        partial = final.with_name(f"{key}.partial")
        try:
            final.parent.mkdir(parents=True, exist_ok=True)
            with _turn(final.with_name(f"{key}.lock"), waiting):
                if self.has(stage, key):
                    return self.read(stage, key, kind)
                if partial.exists() and not resumable:
                    shutil.rmtree(partial)
                partial.mkdir(exist_ok=True)
                clear_torn(partial)
                result = work(partial)
                write_atomically(partial / RESULT, msgspec.json.encode(result))
                if final.exists():  # without its result, so never finished or half deleted
                    shutil.rmtree(final)
                partial.replace(final)
                self.forgive(stage, key)
                return result
        except OSError as error:
            if error.errno not in UNWRITABLE:
                raise
            raise _unwritable(error, final) from error

    def put(self, stage: str, key: str, files: Mapping[str, bytes]) -> None:
        """Take in an artefact that was made elsewhere, in the place of another of that key.

        Args:
            files: path below the artefact's folder -> content, the result among them.

        Raises:
            OutputError: the store cannot be written.
        """
        final = self.folder(stage, key)
        arriving, old = (final.with_name(f"{key}.{word}") for word in ("arriving", "replaced"))
        try:
            final.parent.mkdir(parents=True, exist_ok=True)
            with _turn(final.with_name(f"{key}.lock"), lambda: None):
                for left in (arriving, old):
                    shutil.rmtree(left, ignore_errors=True)
                for name, content in files.items():
                    (arriving / name).parent.mkdir(parents=True, exist_ok=True)
                    (arriving / name).write_bytes(content)
                if final.exists():
                    final.replace(old)
                arriving.replace(final)
                shutil.rmtree(old, ignore_errors=True)
                self.forgive(stage, key)
        except OSError as error:
            raise _unwritable(error, final) from error

    def fail(self, stage: str, key: str, failure: Failure) -> None:
        """Remember why an artefact could not be made."""
        write_atomically(self._failed(stage, key), msgspec.json.encode(failure))

    def failure(self, stage: str, key: str) -> Failure | None:
        """Why an artefact could not be made when it was last tried."""
        try:
            content = self._failed(stage, key).read_bytes()
        except FileNotFoundError:
            return None
        try:
            return msgspec.json.decode(content, type=Failure)
        except msgspec.MsgspecError:
            return None  # a torn note tells nothing: it is tried again

    def forgive(self, stage: str, key: str) -> None:
        """Forget a failure, so that the next sweep tries again."""
        self._failed(stage, key).unlink(missing_ok=True)

    def _failed(self, stage: str, key: str) -> Path:
        return self.folder(stage, key).with_name(f"{key}.failed")


def _unwritable(error: OSError, final: Path) -> OutputError:
    return OutputError(
        f"cannot write: {error.strerror or error}",
        where=str(error.filename or final),
        remedy=ELSEWHERE,
    )


@contextmanager
def _turn(lock: Path, waiting: Callable[[], None]) -> Iterator[None]:
    held = filelock.FileLock(lock)
    while True:
        try:
            held.acquire(timeout=WAITED_S)
            break
        except filelock.Timeout:
            waiting()
    try:
        yield
    finally:
        held.release()
