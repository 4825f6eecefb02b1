"""An artefact on its way between two stores: its files, and a hash to see whether all arrived."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path, PurePosixPath

from rbench.errors import StageError
from rbench.sweeping.store import RESULT, Store

Files = dict[str, bytes]
"""Path below the artefact's folder -> content."""


def packed(store: Store, stage: str, key: str) -> Files:
    """The files of a finished artefact."""
    folder = store.folder(stage, key)
    return {name: (folder / name).read_bytes() for name in _names(folder)}


def digest_of(files: Mapping[str, bytes]) -> str:
    """sha256 over names and contents."""
    return _digest({name: hashlib.sha256(content).digest() for name, content in files.items()})


def digest_in(store: Store, stage: str, key: str) -> str:
    """The same of an artefact in a store; empty where it is not there."""
    folder = store.folder(stage, key)
    try:
        made = (folder / RESULT).stat()
    except OSError:
        return ""
    return _digest_below(folder, made.st_ino, made.st_mtime_ns)


def unpack(store: Store, stage: str, key: str, files: Files, digest: str) -> None:
    """Put an artefact into a store, in the place of another of that key.

    Args:
        digest: what was sent, as the sender knows it.

    Raises:
        StageError: it is not what was sent.
        OutputError: the store cannot be written.
    """
    paths = [PurePosixPath(name) for name in files]
    sound = RESULT in files and not any(path.is_absolute() or ".." in path.parts for path in paths)
    if not sound or digest_of(files) != digest:
        raise StageError("what arrived is not what was sent", where=f"{stage} {key[:12]}")
    store.put(stage, key, files)


@lru_cache(maxsize=4096)
def _digest_below(folder: Path, inode: int, time_ns: int) -> str:
    contents = {}
    for name in _names(folder):
        with (folder / name).open("rb") as file:
            contents[name] = hashlib.file_digest(file, "sha256").digest()
    return _digest(contents)


def _names(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]


def _digest(contents: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name in sorted(contents):
        digest.update(name.encode() + b"\0" + contents[name])
    return digest.hexdigest()
