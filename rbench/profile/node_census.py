"""The nodes that each delegate takes of a file, for its census: loaded, never run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from rbench.cells import tools
from rbench.cells.target import Target
from rbench.errors import Killed, StageError, Unsupported
from rbench.profile.tool import Tool, tool_of


def counted() -> Iterator[Target]:
    """What is asked: on this host, the delegates that a tool counts nodes of and has here."""
    for tool in tools.installed():
        if isinstance(tool, Tool) and not tool.device:
            for delegate in tool.counted():
                yield Target(delegate=delegate, tool=tool.word)


def loaded() -> Iterator[Target]:
    """What `rbench inspect` loads a file with: all that a name without a tool can mean on this
    host, but for variants of others, and then what else is counted here.
    """
    told = {}
    tool = tools.implied(on_device=False)
    if tool is not None:
        of_it = (Target(one.name, tool=tool.word) for one in tool.delegates if not one.variant)
        told = {str(target): target for target in of_it}
    yield from (told | {str(target): target for target in counted()}).values()


def count_nodes(model: Path) -> dict[str, Any]:
    """Ask the delegates that are counted. A third of a second for each.

    Returns:
        target -> keys of `rbench.records.Delegation`, or ``refused``: why it does not load.
        Plain kernels take every node of a file that loads, and are not asked.
    """
    return {str(target): _taken(model, target) for target in counted()}


def _taken(model: Path, target: Target) -> dict[str, Any]:
    try:
        found = tool_of(target).nodes(model, target.delegate)
    except Killed:
        raise
    except (StageError, Unsupported) as error:
        return {"refused": error.what}
    known: dict[str, Any] = msgspec.to_builtins(found)
    return known
