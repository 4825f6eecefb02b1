"""Model files as they lie in a run folder, held against what their records say of them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

from rbench.gate.sizes import format_size
from rbench.records import ModelFile


class Found(NamedTuple):
    """What a run folder holds where a record names a model."""

    size_bytes: int | None
    """Of the file itself; None where it cannot be read."""
    complaint: str = ""
    """What is wrong with it; empty where it is the file that was measured."""


def inspect(folder: Path, model: ModelFile) -> Found:
    """Read a model file. The record's word for its size and hash is checked, not taken.

    Args:
        folder: of the run; nothing outside it is read.
    """
    path = folder / model.path
    if not path.resolve().is_relative_to(folder.resolve()):
        return Found(None, f"{model.path} is outside the run's folder")
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return Found(None, f"{model.path} is missing")
    except OSError as error:
        return Found(None, f"{model.path} cannot be read: {error.strerror or error}")
    if len(content) != model.size_bytes:
        said = format_size(model.size_bytes)
        return Found(
            len(content),
            f"{model.path} is not the file that was measured: {format_size(len(content))}, its "
            f"record says {said}",
        )
    digest = hashlib.sha256(content).hexdigest()
    if digest != model.sha256:
        return Found(
            len(content),
            f"{model.path} is not the file that was measured: sha256 {digest[:12]}…, its record "
            f"says {model.sha256[:12]}…",
        )
    return Found(len(content))
