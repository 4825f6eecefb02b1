"""The ``litert`` tool: ai-edge-litert on this host, in a fresh process.

Its interpreter runs plain kernels and XNNPACK, its CompiledModel runs XNNPACK with a weight cache,
and on the GPU.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeVar

import msgspec

from rbench.cells.target import Target
from rbench.errors import Killed, StageError, Unsupported
from rbench.profile.process import run_module
from rbench.profile.result import Ops, Round
from rbench.profile.settings import ProfileSettings
from rbench.profile.state import unreset
from rbench.profile.tools.litert import software_gpu
from rbench.system import extras

CHILDREN = {
    "cpu": "rbench.profile.tools.litert.interpreter_child",
    "xnnpack": "rbench.profile.tools.litert.interpreter_child",
    "xnnpack_cached": "rbench.profile.tools.litert.interpreter_child",
    "gpu": "rbench.profile.tools.litert.gpu_child",
}
"""Delegate -> the timing process."""
PROFILED = ("cpu", "xnnpack", "xnnpack_cached")
"""Delegates whose operators LiteRT's profiler tells."""
RESETTING = ("cpu", "xnnpack")
"""Delegates of the interpreter, which sets variable tensors back; CompiledModel cannot."""


class Order(msgspec.Struct, frozen=True, kw_only=True, tag="time"):
    """What the timing process is told: one round's share of the protocol."""

    model: str
    contexts: str
    folder: str
    delegate: str
    threads: int
    number: int
    rounds: int
    instances: int
    runs: int
    """At least."""
    timed_ns: int
    """At least."""
    max_timed_ns: int
    """Then it is cut, even short of the other two."""
    warmup_runs: int
    warmup_ns: int
    parent: int
    """Process that it dies with."""


class OpsOrder(msgspec.Struct, frozen=True, kw_only=True, tag="profile"):
    """What it is told where a profile of the operators is wanted instead."""

    model: str
    contexts: str
    delegate: str
    threads: int
    runs: int
    parent: int


class Refusal(msgspec.Struct, frozen=True, kw_only=True, tag="refusal"):
    """The timing process could not do it and says why."""

    reason: str
    errno: int = 0
    """Of the operating system, where it was the one that refused."""
    file: str = ""
    unsupported: bool = False
    """It cannot be done here at all."""
    no_gpu: bool = False
    """Because there is no GPU here."""


class Finished(msgspec.Struct, frozen=True, kw_only=True, tag="finished"):
    """The timing process is done."""

    round: Round


class Profiled(msgspec.Struct, frozen=True, kw_only=True, tag="profiled"):
    """The same for a profile."""

    ops: Ops


T = TypeVar("T", Finished, Profiled)


def run(
    settings: ProfileSettings,
    model: Path,
    target: Target,
    contexts: Path,
    number: int,
    folder: Path,
) -> Round:
    """One round, see `rbench.profile.measure.measure`.

    Raises:
        Unsupported: a GPU was asked for, and there is none; or the target cannot run such a file.
        OSError: the folder cannot be written (a full disk), as if it had happened here.
    """
    extras.require("profile", f"timing on the target {target}")
    order = Order(
        model=str(model),
        contexts=str(contexts),
        folder=str(folder),
        delegate=target.delegate,
        threads=target.threads,
        number=number,
        rounds=settings.rounds,
        instances=settings.instances,
        runs=-(-settings.min_runs // settings.rounds),
        timed_ns=round(settings.min_seconds / settings.rounds * 1e9),
        max_timed_ns=round(settings.max_seconds / settings.rounds * 1e9),
        warmup_runs=settings.warmup_runs,
        warmup_ns=round(settings.warmup_seconds * 1e9),
        parent=os.getpid(),
    )
    made = msgspec.structs.replace(
        _asked(order, Finished, settings, target).round,
        unreset=unreset(model, resets=target.delegate in RESETTING),
    )
    if number or target.delegate not in PROFILED or not settings.op_runs:
        return made
    ops = _profiled(settings, model, target, contexts)
    return msgspec.structs.replace(made, ops=ops, ops_us=ops.us)


def _profiled(settings: ProfileSettings, model: Path, target: Target, contexts: Path) -> Ops:
    """The operators' times, from a process of its own: a profiled query is no timed one, and what
    goes wrong here costs no timing.
    """
    order = OpsOrder(
        model=str(model),
        contexts=str(contexts),
        delegate=target.delegate,
        threads=target.threads,
        runs=settings.op_runs,
        parent=os.getpid(),
    )
    try:
        return _asked(order, Profiled, settings, target).ops
    except Killed:
        raise
    except StageError as error:
        return Ops(runs=settings.op_runs, reason=str(error))


def _asked(order: Order | OpsOrder, kind: type[T], settings: ProfileSettings, target: Target) -> T:
    said = run_module(
        CHILDREN[target.delegate],
        msgspec.json.encode(order),
        timeout_s=settings.timeout_seconds,
        where=str(target),
    )
    try:
        answer: T | Refusal = msgspec.json.decode(said, type=kind | Refusal)  # type: ignore[arg-type]
    except msgspec.MsgspecError as error:
        raise StageError(
            f"the timing process left without a result: {error}", where=str(target)
        ) from error
    if isinstance(answer, Refusal) and answer.errno:
        raise OSError(answer.errno, os.strerror(answer.errno), answer.file)
    if isinstance(answer, Refusal) and answer.unsupported:
        remedy = software_gpu.remedy() if answer.no_gpu else ""
        raise Unsupported(answer.reason, where=str(target), remedy=remedy)
    if isinstance(answer, Refusal):
        raise StageError(answer.reason, where=str(target))
    return answer
