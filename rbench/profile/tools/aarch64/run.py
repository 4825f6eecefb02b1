"""One file, asked the same on this host and on the emulated machine."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from rbench.cells.target import Target
from rbench.errors import StageError, Unsupported
from rbench.profile import queries
from rbench.profile.checking import compare
from rbench.profile.process import run_program
from rbench.profile.refusal import RefusedError
from rbench.profile.settings import ProfileSettings
from rbench.profile.tools.aarch64 import sysroot
from rbench.profile.tools.aarch64.processors import PROCESSORS, SME
from rbench.profile.tools.aarch64.settings import Aarch64Settings
from rbench.records import Check
from rbench.system import temporary
from rbench.system.arrays import TORN, arrays_in

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Answers = tuple[NDArray[np.int32], NDArray[np.float32]]

SIGNATURE, INPUT, ITEMS, SCORES = "recommend", "context", "items", "scores"
"""Of the files that rbench exports, see docs/design.md; a test holds them to the converter's."""
RESOLVERS = {"cpu": "BUILTIN_WITHOUT_DEFAULT_DELEGATES", "xnnpack": "BUILTIN"}
PROGRAM = "rbench.profile.tools.aarch64.guest"
GUEST = Path(__file__).with_name(f"{PROGRAM.rpartition('.')[2]}.py")
BOUNDS = {"overlap": 0.95, "score_difference": 0.05}
"""Measured on the default study, see docs/measuring.md."""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What the program says beside its answers."""

    machine: str
    """As ``uname -m``."""
    hwcap2: int
    """What Linux says of the processor, AT_HWCAP2."""
    delegated: bool
    """Whether a delegate took a part of the graph."""
    signatures: list[str]


def check(
    settings: ProfileSettings, own: Aarch64Settings, model: Path, target: Target, contexts: Path
) -> Check:
    """Compare a file's answers on the emulated machine with those here.

    Raises:
        Unsupported: the emulator or the sysroot is not here, or it is no recommender.
        StageError: the file was refused or crashed, or a delegate was asked for and did not run.
    """
    where = str(target)
    machine = sysroot.find(where)
    with temporary.folder() as folder:
        order = _order(model, target, contexts, own.contexts, folder)
        here = _run(_here(), order, _site(), folder / "here.npz", settings, where, "this host's")
        there = _emulated(machine, order, own, folder, settings, target)
        numbers = compare(here[1], there)
    version = machine.manifest.wheels[sysroot.RUNTIME]
    emulator = sysroot.version_of(machine.emulator)
    return Check(
        **numbers,
        bounds=BOUNDS,
        runtime=f"{sysroot.RUNTIME} {version} on an emulated {own.cpu}, QEMU {emulator}",
        against=f"{sysroot.RUNTIME} {version} on this host, {target.backend}",
    )


def answers(
    settings: ProfileSettings, own: Aarch64Settings, model: Path, target: Target, contexts: Path
) -> Answers:
    """What a file says on the emulated machine to all of the contexts.

    Raises:
        Unsupported, StageError: as `check`.
    """
    machine = sysroot.find(str(target))
    with temporary.folder() as folder:
        order = _order(model, target, contexts, None, folder)
        return _emulated(machine, order, own, folder, settings, target)


def _order(
    model: Path, target: Target, contexts: Path, count: int | None, folder: Path
) -> dict[str, Any]:
    """What the program is told; the queries lie in the folder.

    Args:
        count: of the contexts that are asked, from the first; None: all.
    """
    _ask(contexts, count, folder / "queries.npz", str(target))
    return {
        "model": str(model),
        "threads": target.threads,
        "resolver": RESOLVERS[target.delegate],
        "signature": SIGNATURE,
        "queries": str(folder / "queries.npz"),
    }


def _emulated(
    machine: sysroot.Emulation,
    order: dict[str, Any],
    own: Aarch64Settings,
    folder: Path,
    settings: ProfileSettings,
    target: Target,
) -> Answers:
    guest = _guest(machine, own.cpu, folder)
    libraries = str(machine.root / sysroot.LIBRARIES)
    place = folder / "there.npz"
    said, found = _run(guest, order, libraries, place, settings, str(target), "the emulated")
    _hold(said, target)
    return found


def _ask(contexts: Path, count: int | None, to: Path, where: str) -> None:
    """What both are asked, as the program reads it."""
    import numpy as np

    try:
        known = queries.read(contexts).arrays
    except RefusedError as error:
        raise StageError(str(error), where=where) from error
    named = {INPUT if name == queries.CONTEXT else name: rows for name, rows in known.items()}
    if any(not name.isidentifier() for name in named):
        raise Unsupported("only files are compared whose inputs have names", where=where)
    asked: dict[str, Any] = {name: rows[:count] for name, rows in named.items()}
    np.savez(to, **asked)


def _here() -> list[str]:
    return [sys.executable, "-I", "-B", str(GUEST)]


def _site() -> str:
    """Where this host's runtime is."""
    found = find_spec("ai_edge_litert")
    return str(Path(found.origin).parent.parent) if found and found.origin else ""


def _guest(machine: sysroot.Emulation, cpu: str, folder: Path) -> list[str]:
    """The command line. The machine sees its sysroot's files, its processor's ``/proc/cpuinfo``
    and, below them, this host's.
    """
    root = folder / "machine"
    root.mkdir()
    for place in machine.root.iterdir():
        (root / place.name).symlink_to(place)
    (root / "proc").mkdir()
    (root / "proc" / "cpuinfo").write_text(PROCESSORS[cpu].cpuinfo, "ascii")
    python = [str(machine.python), "-I", "-S", "-B", str(GUEST)]
    return [str(machine.emulator), "-cpu", cpu, "-L", str(root), *python]


def _run(
    command: list[str],
    order: dict[str, Any],
    libraries: str,
    answers: Path,
    settings: ProfileSettings,
    where: str,
    whose: str,
) -> tuple[Said, Answers]:

    full = {**order, "libraries": libraries, "answers": str(answers)}
    said = run_program(
        command,
        msgspec.json.encode(full),
        timeout_s=settings.timeout_seconds,
        where=where,
        what=f"{whose} interpreter",
    )
    try:
        told = msgspec.json.decode(said, type=Said)
        if SIGNATURE not in told.signatures:
            raise Unsupported(
                f"no signature {SIGNATURE!r}: only what rbench exports is compared",
                where=where,
                allowed=", ".join(told.signatures) or "none is there",
            )
        with arrays_in(answers) as archive:
            return told, (archive[ITEMS], archive[SCORES])
    except TORN as error:
        raise StageError(f"{whose} interpreter left without a result: {error}", where=where) from (
            error
        )


def _hold(told: Said, target: Target) -> None:
    """Whether it was the machine that was asked for."""
    if told.machine != "aarch64":
        raise StageError(f"the emulated machine says that it is {told.machine}", where=str(target))
    if told.hwcap2 & SME:
        raise StageError(
            "the emulated processor has SME, where the runtime's int8 kernels answer wrong",
            where=str(target),
            allowed=", ".join(PROCESSORS),
            remedy="use QEMU's -cpu with sme=off",
        )
    if told.delegated != (target.delegate != "cpu"):
        took = "took a part" if told.delegated else "took nothing"
        raise StageError(
            f"{target.delegate} was asked for, a delegate {took} of the graph", where=str(target)
        )
