"""Files that a run is kept in: whether they are what their sha256 says, and the ranks in them.

A file is read only after it was found to be an ordinary one of a bearable size, and its content
is believed only where its hash is the recorded one. Whatever else lies there is no artefact, and
the reader is told why.
"""

from __future__ import annotations

import hashlib
import io
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rbench.records import Quality, Run

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_BYTES = 1 << 28
"""Of an array: the ranks of 67 million users. A zip archive may claim any size."""
_PIECE = 1 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Ranks(NamedTuple):
    """The ranks behind a quality, or why there are none."""

    values: NDArray[Any] | None
    """int64 ``(users,)``: 1 = best, 0 = the target cannot be ranked."""
    missing: str = ""
    """Why there are none."""
    broken: bool = False
    """There is something, and it is no ranks of this quality: neither to be used nor passed over,
    as the scores that came with it may be another file's."""
    gone: bool = False
    """They were recorded, and their file is not there."""


def sha256_of(path: Path) -> str:
    """The sha256 of an ordinary file as hex, read in pieces.

    Raises:
        OSError: it cannot be read, or is no ordinary file (a pipe would never end).
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(f"no ordinary file: {path}")
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def changed(path: Path, sha256: str) -> str:
    """Why a file is not the one that was recorded under this sha256; empty where it is.

    Raises:
        OSError: as `sha256_of`.
    """
    found = sha256_of(path)
    if found == sha256:
        return ""
    return f"is not the file that was recorded: its sha256 is {found[:12]}…, not {_brief(sha256)}"


def read_ranks(run: Run, quality: Quality | None) -> Ranks:
    """The ranks artefact of a quality: whole numbers from 0, one a user, in the file whose name
    is the sha256 of its content.
    """
    if quality is None or not quality.ranks:
        return Ranks(None, "no ranks were recorded")
    if not _SHA256.fullmatch(quality.ranks):
        return Ranks(None, f"{_brief(quality.ranks)!r} is no sha256", broken=True)
    path = run.artefact(quality.ranks)
    name = f"artefacts/{path.name}"
    try:
        return Ranks(_ranks(_array(_content(path, quality.ranks)), quality.users))
    except FileNotFoundError:
        return Ranks(None, f"{name} is not there", gone=True)
    except OSError as error:
        return Ranks(None, f"{name} cannot be read: {error.strerror or error}", broken=True)
    except _NoRanksError as error:
        return Ranks(None, f"{name} {error}", broken=True)


class _NoRanksError(Exception):
    """What lies there instead, in words."""


def _brief(text: str) -> str:
    return text if len(text) <= 12 else f"{text[:12]}…"


def _content(path: Path, sha256: str) -> bytes:
    """The bytes that were recorded under this hash."""
    kind = path.stat()
    if not stat.S_ISREG(kind.st_mode):
        raise _NoRanksError("is no ordinary file")
    if kind.st_size > MOST_BYTES + _PIECE:
        raise _NoRanksError(f"has {kind.st_size:,} bytes, more than any ranks")
    complaint = changed(path, sha256)
    if complaint:
        raise _NoRanksError(complaint)
    return path.read_bytes()


def _array(content: bytes) -> NDArray[Any]:
    """The array ``ranks`` of an npz. Its size is known before it is read, and nothing is
    unpickled.
    """
    from zipfile import ZipFile

    import numpy as np

    try:
        with ZipFile(io.BytesIO(content)) as archive, archive.open("ranks.npy") as file:
            plain = file.read(MOST_BYTES + 1)
        if len(plain) > MOST_BYTES:
            raise _NoRanksError(f"unpacks to more than {MOST_BYTES:,} bytes")
        found: NDArray[Any] = np.lib.format.read_array(io.BytesIO(plain), allow_pickle=False)
    except KeyError as error:
        raise _NoRanksError("holds no array 'ranks'") from error
    except _NoRanksError:
        raise
    except Exception as error:
        # A torn archive shows itself in many ways: zipfile, zlib and numpy each have their own.
        said = (str(error) or type(error).__name__).splitlines()[0][:200]
        raise _NoRanksError(f"holds no ranks: {said}") from error
    return found


def _ranks(found: NDArray[Any], users: int) -> NDArray[Any]:
    """An array, if it is the ranks of so many users."""
    complaint = ""
    if found.ndim != 1:
        complaint = f"an array of shape {found.shape}, where one number a user was due"
    elif found.dtype.kind not in "iu":
        complaint = f"numbers of type {found.dtype}, where whole numbers were due"
    elif len(found) != users:
        complaint = f"{len(found):,} numbers for {users:,} users"
    elif not len(found):
        complaint = "nobody was asked"
    elif found.min() < 0 or int(found.max()) >= 2**63:
        complaint = "numbers below 0 or beyond 64 bits"
    if complaint:
        raise _NoRanksError(f"holds no ranks: {complaint}")
    ranks: NDArray[Any] = found.astype("int64")
    return ranks
