"""Models that no run made, weighed: their bytes, and those of their weights in other files."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from rbench.gate.opening import NoFileError, gzip_bytes, opened, size_of
from rbench.gate.sizes import format_size
from rbench.gate.tflite import Elsewhere, NoModelError, elsewhere


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
            size = size_of(file)
            named = elsewhere(file, size)
        found = [_other(path.parent, one) for one in named]
    except (NoFileError, NoModelError) as error:
        return Weight(path, complaint=str(error))
    others = {other.resolve(): (other, bytes_) for other, bytes_ in found}.values()
    return Weight(
        path, size + sum(bytes_ for _, bytes_ in others), tuple(other for other, _ in others)
    )


def _other(folder: Path, named: Elsewhere) -> tuple[Path, int]:
    """A file with weights, and its bytes.

    Raises:
        NoModelError: it is outside the model's folder, cannot be read, or is too short.
    """
    other = folder / named.name
    inside = not Path(named.name).is_absolute() and ".." not in Path(named.name).parts
    if not named.name or not inside or "\\" in named.name:
        raise NoModelError(
            f"has weights in another file, {named.name!r}, which is not in its folder"
        )
    try:
        with opened(other) as file:
            size = size_of(file)
    except NoFileError as error:
        raise NoModelError(f"has weights in {named.name}, which {error}") from error
    if size < named.end:
        raise NoModelError(
            f"has weights in {named.name} up to byte {named.end:,}, which has "
            f"{format_size(size)}: it is torn"
        )
    return other, size
