"""One round of timing: which tool does it, and that nothing fell back in silence.

A tool is one file with one function of `Tool`'s shape, entered in `_tool`. Only the one that is
used is imported: each timing process imports this package, and starts as much sooner.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rbench.cells.target import HOST, Target
from rbench.errors import StageError
from rbench.profile.result import Round
from rbench.profile.settings import ProfileSettings

Tool = Callable[[ProfileSettings, Path, Target, Path, int, Path], Round]


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
    made = _tool(target)(settings, model, target, contexts, number, folder)
    _no_silent_fallback(target, made)
    return made


def _tool(target: Target) -> Tool:
    if target.device != HOST:
        from rbench.profile.android import run as android

        return android.run
    if target.tool == "benchmark_model":
        from rbench.profile.benchmark_model import run as benchmark_model

        return benchmark_model.run
    from rbench.profile import litert

    return litert.run


def _no_silent_fallback(target: Target, made: Round) -> None:
    found = made.delegation
    if target.delegate == "cpu" and found.partitions:
        raise StageError(
            f"plain kernels were asked for, but a delegate took {found.nodes_delegated} of "
            f"{found.nodes_total} nodes",
            where=str(target),
        )
    if target.delegate != "cpu" and not found.nodes_delegated:
        left = ", ".join(f"{op} {count}" for op, count in sorted(found.left_behind.items()))
        raise StageError(
            f"{target.backend.upper()} took 0 of {found.nodes_total} nodes: the model fell back "
            f"to the plain kernels ({left})",
            where=str(target),
            remedy="its time would be that of the target cpu",
        )
