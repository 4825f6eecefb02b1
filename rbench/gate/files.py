"""Model files as they lie in a run folder, held against what their records say of them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from rbench.gate.opening import NoFileError, opened, size_of
from rbench.gate.sizes import format_size
from rbench.records import ModelFile
from rbench.records.artefacts import sha256_of


class Found(NamedTuple):
    """What a run folder holds where a record names a model."""

    size_bytes: int | None
    """Of the file itself; None where it cannot be read."""
    complaint: str = ""
    """What is wrong with it; empty where it is the file that was measured."""


def inspect(folder: Path, model: ModelFile) -> Found:
    """Weigh a model file. The record's word for its size and hash is checked, not taken.

    Args:
        folder: of the run; nothing outside it is read.
    """
    path = folder / model.path
    if not _inside(path, folder):
        return Found(None, f"{model.path} is outside the run's folder")
    try:
        with opened(path) as file:
            size = size_of(file)
        digest = sha256_of(path) if size == model.size_bytes else ""
    except NoFileError as error:
        return Found(None, f"{model.path} {error}")
    except OSError as error:
        return Found(None, f"{model.path} cannot be read: {error.strerror or error}")
    changed = f"{model.path} is not the file that was measured"
    if not digest:
        said = format_size(model.size_bytes)
        return Found(size, f"{changed}: {format_size(size)}, its record says {said}")
    if digest != model.sha256:
        return Found(
            size,
            f"{changed}: sha256 {digest[:12]}…, its record says {model.sha256[:12]}…",
        )
    return Found(size)


def _inside(path: Path, folder: Path) -> bool:
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError, RuntimeError):  # a loop of links, a NUL, a name without end
        return False
