"""The nodes that each delegate takes of a file, for its census: loaded, never run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from rbench.errors import Killed, StageError, Unsupported
from rbench.profile.tools.litert import gpus
from rbench.profile.tools.litert.nodes import nodes_taken


def count_nodes(model: Path) -> dict[str, Any]:
    """Ask XNNPACK, and the GPU where there is one. A third of a second for each.

    Returns:
        delegate -> keys of `rbench.records.Delegation`, or ``refused``: why it does not load.
        Plain kernels take every node of a file that loads, and are not asked.
    """
    asked = ("xnnpack", "gpu") if gpus.find().name else ("xnnpack",)
    return {delegate: _taken(model, delegate) for delegate in asked}


def _taken(model: Path, delegate: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = msgspec.to_builtins(nodes_taken(model, delegate))
    except Killed:
        raise
    except (StageError, Unsupported) as error:
        return {"refused": error.what}
    return found
