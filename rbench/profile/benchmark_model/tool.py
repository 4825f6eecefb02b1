"""Where the tool is, and which build of it."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from rbench.errors import Unsupported

VARIABLE = "RBENCH_BENCHMARK_MODEL"
NAME = "benchmark_model"


def find(where: str) -> Path:
    """The tool's executable, an absolute path.

    Args:
        where: who asks, for the error.

    Raises:
        Unsupported: it is in neither place.
    """
    named = os.environ.get(VARIABLE, "")
    found = shutil.which(named if os.sep in named else f".{os.sep}{named}") if named else None
    found = found or (None if named else shutil.which(NAME))
    if found is None:
        raise Unsupported(
            f"{VARIABLE} names no executable: {named!r}"
            if named
            else "TensorFlow Lite's benchmark tool is not here",
            where=where,
            remedy=f"set {VARIABLE} to its path, or put it on the PATH as {NAME}",
        )
    return Path(found).resolve()


def build_hash(tool: Path) -> str:
    """sha256 of the executable: the tool has no version of its own."""
    with tool.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def present() -> str:
    """`build_hash` of the tool that `find` finds, empty where it finds none."""
    try:
        return build_hash(find(""))
    except (Unsupported, OSError):
        return ""
