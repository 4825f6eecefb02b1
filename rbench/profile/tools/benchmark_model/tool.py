"""Where the tool is, and which build of it."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from functools import cache
from pathlib import Path

from rbench.errors import StageError, ToolError, Unsupported
from rbench.profile.tools.benchmark_model import fetch
from rbench.profile.tools.benchmark_model.launch import TooSlow, launch
from rbench.profile.tools.benchmark_model.program import FOR_PHONES, VARIABLE

NAME = "benchmark_model"
FLAGS = (
    "graph",
    "num_runs",
    "min_secs",
    "max_secs",
    "warmup_runs",
    "warmup_min_secs",
    "num_threads",
    "use_xnnpack",
    "input_layer",
    "input_layer_shape",
    "input_layer_value_files",
    "enable_op_profiling",
)
"""What every build of the tool knows and is asked; its siblings lack some."""
HELP_S = 10.0
"""For the tool to print them."""
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
            f"{VARIABLE} names no executable: {named!r}{_why(Path(named))}",
            where=where,
            remedy=f"set {VARIABLE} to its path, or put it on the PATH as {NAME}",
        )
    return _fetched(fetch.here(), where) or _missing(
        "TensorFlow Lite's benchmark tool is not here",
        where,
        f"fetch it with: rbench tool fetch {NAME}; or set {VARIABLE} to its path, or put it on "
        f"the PATH as {NAME}",
    )


def _why(path: Path) -> str:
    try:
        if path.is_dir():
            return " is a folder"
        return " may not be executed" if path.exists() else " is not there"
    except (OSError, ValueError):
        return ""


def help_of(tool: Path, where: str) -> None:
    """Make sure that an executable is the tool, by its ``--help``.

    Raises:
        StageError: it is another program, cannot be started, or does not answer.
    """
    try:
        facts = tool.stat()
    except OSError as error:
        raise StageError(f"{tool}: {error.strerror}", where=where) from error
    reason = _asked(tool, facts.st_size, facts.st_mtime_ns)
    if reason:
        raise StageError(
            f"{tool} is not TensorFlow Lite's {NAME}: {reason}",
            where=where,
            remedy=f"fetch it with: rbench tool fetch {NAME}; or set {VARIABLE} to its path",
        )


@cache
def _asked(tool: Path, size: int, changed_ns: int) -> str:
    """Why an executable is not the tool; empty where it is. Once for each state of a file."""
    try:
        said = launch(tool, ("--help",), Path(tempfile.gettempdir()), timeout_s=HELP_S, where="")
    except TooSlow:
        return f"it does not answer --help within {HELP_S:g} s"
    except StageError as error:
        return error.what
    missing = [flag for flag in FLAGS if not re.search(rf"--{flag}\b", said.text)]
    if len(missing) == len(FLAGS):
        return "its --help names none of the tool's flags"
    return f"its --help does not know --{', --'.join(missing)}" if missing else ""


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


def build(sha256: str) -> str:
    """What a build is called in records."""
    return f"sha256:{sha256}"


def present(*, phones: bool = False) -> str:
    """`build` of what `find` or `find_for_phones` finds, empty where that is nothing."""
    try:
        return build(build_hash(find_for_phones("") if phones else find("")))
    except (Unsupported, OSError):
        return ""
