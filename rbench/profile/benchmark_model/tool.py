"""Where the tool is, and which build of it."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from rbench.errors import ToolError, Unsupported
from rbench.profile.benchmark_model import fetch

VARIABLE = "RBENCH_BENCHMARK_MODEL"
FOR_PHONES = "RBENCH_BENCHMARK_MODEL_ANDROID"
NAME = "benchmark_model"
PHONES = "android-aarch64"
"""The platform whose build is taken for phones where the variable names none."""


def find(where: str) -> Path:
    """The tool's executable for this host, an absolute path.

    Args:
        where: who asks, for the error.

    Raises:
        Unsupported: it is in none of the three places.
    """
    named = os.environ.get(VARIABLE, "")
    found = shutil.which(named if os.sep in named else f".{os.sep}{named}") if named else None
    found = found or (None if named else shutil.which(NAME))
    if found is not None:
        return Path(found).resolve()
    if named:
        raise Unsupported(
            f"{VARIABLE} names no executable: {named!r}",
            where=where,
            remedy=f"set {VARIABLE} to its path, or put it on the PATH as {NAME}",
        )
    return _fetched(fetch.here(), where) or _missing(
        "TensorFlow Lite's benchmark tool is not here",
        where,
        f"fetch it with: rbench tool fetch {NAME}; or set {VARIABLE} to its path, or put it on "
        f"the PATH as {NAME}",
    )


def find_for_phones(where: str) -> Path:
    """The tool's executable for Android phones, an absolute path here.

    Raises:
        Unsupported: it is in neither place.
    """
    named = os.environ.get(FOR_PHONES, "")
    if named and not Path(named).is_file():
        return _missing(
            f"{FOR_PHONES} names no file: {named!r}", where, f"set {FOR_PHONES} to its path"
        )
    if named:
        return Path(named).resolve()
    return _fetched(PHONES, where) or _missing(
        "TensorFlow Lite's benchmark tool for phones is not here",
        where,
        f"fetch it with: rbench tool fetch {NAME} --platform {PHONES}; or set {FOR_PHONES} to its "
        "path",
    )


def _fetched(platform: str, where: str) -> Path | None:
    try:
        return fetch.fetched(platform)
    except ToolError as error:
        raise Unsupported(error.what, where=where, remedy=error.remedy) from error


def _missing(what: str, where: str, remedy: str) -> Path:
    raise Unsupported(what, where=where, remedy=remedy)


def build_hash(tool: Path) -> str:
    """sha256 of the executable: the tool has no version of its own."""
    with tool.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def present(*, phones: bool = False) -> str:
    """`build_hash` of what `find` or `find_for_phones` finds, empty where that is nothing."""
    try:
        return build_hash(find_for_phones("") if phones else find(""))
    except (Unsupported, OSError):
        return ""
