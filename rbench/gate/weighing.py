"""Models that no run made, weighed: their bytes, and those of their weights in other files."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import NamedTuple

from rbench.errors import ModelError
from rbench.gate.opening import NoFileError, first_bytes, gzip_bytes, opened, size_of
from rbench.gate.sizes import format_size
from rbench.tflite import IDENTIFIER, ExternalFile, external_files, mapped, read

_POINTERS = (
    (b"version https://git-lfs", "Git LFS", "git lfs pull"),
    (b"../.git/annex/", "git-annex", "git annex get"),
    (b"/annex/objects/", "git-annex", "git annex get"),
)
_KINDS = (
    *((start, "a web page") for start in (b"<!doctype", b"<html", b"<?xml", b"<head")),
    (b"pk\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "gzip"),
)
"""First bytes, letters small, blanks before them left out -> what begins so."""


class Weight(NamedTuple):
    """What a model weighs."""

    path: Path
    size_bytes: int = 0
    """Of the model and of all files that hold weights of it."""
    others: tuple[Path, ...] = ()
    """Those files."""
    complaint: str = ""
    """Why it cannot be weighed; empty where it is."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of its size should know."""
        names = ", ".join(str(other.relative_to(self.path.parent)) for other in self.others)
        return (f"{self.path}: its weights in {names} are counted",) if names else ()

    def gzip_bytes(self) -> int:
        """The same, each file compressed by itself; the files are read for it.

        Raises:
            NoFileError: one cannot be read.
        """
        return sum(gzip_bytes(path) for path in (self.path, *self.others))


def weigh(path: Path) -> Weight:
    """Weigh a .tflite. Its size is the file system's word; of the content only the tables are read,
    to see that it is a model, that it is whole, and where its weights lie.
    """
    try:
        with opened(path) as file:
            size, head = size_of(file), first_bytes(file, 64)
        _look(head)
        others = _others(path)
    except NoFileError as error:
        return Weight(path, complaint=str(error))
    except ModelError as error:
        said = error.what if error.what.startswith("cannot") else f"is {error.what}"
        return Weight(path, complaint="; ".join(filter(None, (said, error.remedy))))
    return Weight(path, size + sum(others.values()), tuple(others))


def _look(head: bytes) -> None:
    """Name what is often found in place of a model.

    Raises:
        NoFileError: it is none, by its first bytes.
    """
    if not head:
        raise NoFileError("is empty")
    for start, kind, fetch in _POINTERS:
        if head.startswith(start):
            raise NoFileError(f"is a pointer of {kind}, not the file: fetch it with `{fetch}`")
    if head[4:8] == IDENTIFIER:
        return
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    like = [words for start, words in _KINDS if text.startswith(start)]
    told = f"it looks like {like[0]}, " if like else ""
    raise NoFileError(f"is no .tflite: {told}the identifier {IDENTIFIER.decode()} is missing")


def _others(path: Path) -> dict[Path, int]:
    """The files beside a model that hold weights of it, with their bytes.

    Raises:
        NoFileError: one is outside the model's folder, cannot be read, or is too short.
        ModelError: the model is no whole one.
    """
    model = read(mapped(path))
    if not model.subgraphs:
        raise NoFileError("is no .tflite: it has no graph")
    known = {0, *(buffer.id for buffer in model.externalBuffers)}
    if any(tensor.externalBuffer not in known for g in model.subgraphs for tensor in g.tensors):
        raise NoFileError("has weights in another file, and does not say in which")
    found = {}
    for other in external_files(path):
        place = _inside(other)
        found[place.resolve()] = place
    return {place: place.stat().st_size for place in found.values()}


def _inside(other: ExternalFile) -> Path:
    name = PurePosixPath(other.name)
    if not other.name or name.is_absolute() or ".." in name.parts or "\\" in other.name:
        raise NoFileError(
            f"has weights in another file, {other.name!r}, which is not in its folder"
        )
    if other.size_bytes is None:
        raise NoFileError(f"has weights in {other.name}, which is not there")
    if other.size_bytes < other.needs_bytes:
        raise NoFileError(
            f"has weights in {other.name} up to byte {other.needs_bytes:,}, which has "
            f"{format_size(other.size_bytes)}: it is torn"
        )
    return other.path
