"""Which nodes a delegate takes of a file: asked in a process of its own, nothing is run.

A damaged file may crash the runtime that loads it, which must not be this process.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from rbench.errors import StageError, Unsupported
from rbench.profile.process import run_module
from rbench.profile.tools.litert import software_gpu
from rbench.records import Delegation
from rbench.system import extras

CHILD = "rbench.profile.tools.litert.nodes_child"
TIMEOUT_S = 60.0
"""Loading takes milliseconds, a damaged file may take forever."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What the process is told."""

    model: str
    delegate: str
    """``cpu``, ``xnnpack``, ``xnnpack_cached`` or ``gpu``."""
    parent: int
    """Process that it dies with."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What it found."""

    delegation: Delegation | None = None
    reason: str = ""
    """Why the runtime refused the file."""
    unsupported: bool = False
    """It cannot be done here at all."""
    no_gpu: bool = False
    """Because there is no GPU here."""


def nodes_taken(model: Path, delegate: str, timeout_s: float = TIMEOUT_S) -> Delegation:
    """Load a file with a delegate and count the nodes that it takes.

    Args:
        delegate: ``cpu`` (the plain kernels), ``xnnpack``, ``xnnpack_cached`` or ``gpu``.

    Raises:
        Unsupported: a GPU was asked for, and there is none or it cannot take such a file.
        StageError: the runtime refused the file, crashed over it, or took too long.
        MissingExtraError: ai-edge-litert is not installed.
    """
    extras.require("profile", "loading a .tflite")
    question = Question(model=str(model), delegate=delegate, parent=os.getpid())
    said = run_module(
        CHILD,
        msgspec.json.encode(question),
        timeout_s=timeout_s,
        where=str(model),
        what="the runtime",
        if_slow="the file may be torn",
    )
    try:
        answer = msgspec.json.decode(said, type=Answer)
    except msgspec.MsgspecError as error:
        raise StageError(f"the runtime gave no answer: {error}", where=str(model)) from error
    if answer.unsupported:
        remedy = software_gpu.remedy() if answer.no_gpu else ""
        raise Unsupported(answer.reason, where=str(model), remedy=remedy)
    if answer.delegation is None:
        raise StageError(f"the runtime refuses the file: {answer.reason}", where=str(model))
    return answer.delegation
