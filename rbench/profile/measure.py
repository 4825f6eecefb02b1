"""One round of timing: the tool does it, and nothing fell back in silence."""

from __future__ import annotations

from pathlib import Path

from rbench.cells.target import Target
from rbench.errors import RbenchError, StageError, Unsupported
from rbench.installed import told
from rbench.profile.result import Round
from rbench.profile.settings import ProfileSettings
from rbench.profile.tool import Tool, tool_of


def measure(
    settings: ProfileSettings,
    model: Path,
    target: Target,
    contexts: Path,
    number: int,
    folder: Path,
) -> Round:
    """Time one file on one target once, in a process of its own.

    Args:
        settings: the protocol.
        model: a .tflite with one input, int32 [1, length].
        target: where and how.
        contexts: npy, int32 (count, length), left-padded with 0: what the queries ask.
        number: which round of the cell, from 0; each begins with another context.
        folder: filled with ``samples.npz`` where the tool tells single samples, see `Round`.

    Raises:
        Unsupported: the tool or the GPU is not here, or cannot run such a file.
        StageError: the file was refused, the process crashed or hung, or a delegate was asked
            for and did not run.
        MissingExtraError: the runtime is not installed.
    """
    tool = tool_of(target)
    objection = tool.file_objection(model, target)
    if objection:
        raise Unsupported(objection, where=str(target))
    made = _timed(tool, settings, model, target, contexts, number, folder)
    _no_silent_fallback(target, made)
    return made


def _timed(
    tool: Tool,
    settings: ProfileSettings,
    model: Path,
    target: Target,
    contexts: Path,
    number: int,
    folder: Path,
) -> Round:
    """A stranger's tool may raise anything: that is its round's failure.

    Raises:
        OSError: the folder cannot be written (a full disk).
    """
    try:
        made = tool.time(settings, model, target, contexts, number, folder)
    except (RbenchError, OSError):
        raise
    except Exception as error:
        raise StageError(
            f"the {tool.word} tool failed: {told(error)}", where=str(target)
        ) from error
    if not isinstance(made, Round) or made.number != number:
        raise StageError(f"the {tool.word} tool made no round {number}", where=str(target))
    return made


def _no_silent_fallback(target: Target, made: Round) -> None:
    found, takes = made.delegation, target.known.takes
    if takes == "untold":
        return
    if found is None:
        raise StageError("the tool does not say what was delegated", where=str(target))
    if takes == "nothing" and found.partitions:
        raise StageError(
            f"plain kernels were asked for, but a delegate took {found.nodes_delegated} of "
            f"{found.nodes_total} nodes",
            where=str(target),
        )
    if takes == "nodes" and not found.nodes_delegated:
        left = ", ".join(f"{op} {count}" for op, count in sorted(found.left_behind.items()))
        raise StageError(
            f"{target.backend.upper()} took 0 of {found.nodes_total} nodes: the model fell back "
            f"to the plain kernels ({left})",
            where=str(target),
            remedy="its time would be that of the target cpu",
        )
