"""What ``rbench doctor`` says of the native tool on this host."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from rbench.errors import StageError, Unsupported
from rbench.profile.tool import Found
from rbench.profile.tools.benchmark_model import tool
from rbench.profile.tools.benchmark_model.program import VARIABLE

GROUP = "tools"


def tools() -> Iterator[Found]:
    """Where it is, and whether it is what it should be."""
    name = f"{tool.NAME} (native)"
    try:
        path = tool.find("")
        said = f"{path}, sha256 {tool.build_hash(path)[:12]}, {_origin(path)}"
        yield _native(path, name, said)
    except Unsupported as error:
        yield Found(group=GROUP, name=name, here=False, said=error.what, remedy=error.remedy)
    except OSError as error:
        yield Found(group=GROUP, name=name, here=False, said=str(error))


def _native(path: Path, name: str, said: str) -> Found:
    """An executable is the tool if it says so itself."""
    try:
        tool.help_of(path, "")
    except StageError as error:
        said = f"{said}: {error.what}"
        return Found(group=GROUP, name=name, here=False, said=said, remedy=error.remedy)
    return Found(group=GROUP, name=name, here=True, said=said)


def _origin(path: Path) -> str:
    named = os.environ.get(VARIABLE, "")
    if named:
        return f"named by {VARIABLE}"
    on_path = shutil.which(tool.NAME)
    return "on the PATH" if on_path and Path(on_path).resolve() == path else "fetched"
