"""The golden questions asked on other processors, before a bundle leaves the house."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from rbench.cells.target import Target
from rbench.cells.tools import installed
from rbench.errors import RbenchError, UsageError, choices
from rbench.profile.checking import Checker, answers
from rbench.profile.settings import ProfileSettings
from rbench.ship.answers import ModelRunner
from rbench.ship.clients.client import wrong_answers
from rbench.ship.documents import Golden
from rbench.system import temporary


class ProofFailed(RbenchError):  # noqa: N818 - what came out, not a fault
    """The file answers otherwise where it was checked."""

    exit_code = 1


class Proof(NamedTuple):
    """A target that answers as shipped."""

    target: str
    cases: int
    tolerance: float


def prove(proof: Golden, model: Path, words: Sequence[str]) -> tuple[Proof, ...]:
    """Ask the file on each target, and hold it to the golden answers.

    Args:
        words: targets such as ``aarch64/xnnpack``, or a tool such as ``aarch64``, which means all
            of its targets.

    Raises:
        UsageError: no such target, or none that checks.
        Unsupported: what it needs is not here.
        ProofFailed: an answer is not the golden one within the backend's tolerance.
        StageError: the file was refused there.
    """
    targets = [target for word in words for target in _targets(word, proof)]
    return tuple(_proved(proof, model, target) for target in dict.fromkeys(targets))


def _proved(proof: Golden, model: Path, target: Target) -> Proof:
    tolerance = proof.tolerances[str(target)]
    with temporary.folder() as folder:
        place = _asked(proof, model, folder)
        items, scores = answers(ProfileSettings(), model, target, place)
    found = list(zip(items.tolist(), scores.tolist(), strict=True))
    cases, bounds = msgspec.to_builtins((proof.cases, tolerance))
    wrong = wrong_answers(cases, found, bounds)
    if wrong:
        raise ProofFailed(
            wrong[0],
            where=str(target),
            remedy="nothing was written; another recipe of this encoder may do: --cell",
        )
    return Proof(str(target), len(proof.cases), tolerance.scores)


def _asked(proof: Golden, model: Path, folder: Path) -> Path:
    """The golden questions as tools read them."""
    contexts = np.array([case.context for case in proof.cases], np.int32)
    if not any(case.given or case.allowed is not None for case in proof.cases):
        np.save(folder / "contexts.npy", contexts)
        return folder / "contexts.npy"
    kinds = {name: {"kind": name} for case in proof.cases for name in case.given}
    runner = ModelRunner(model, kinds)
    rows = [
        runner.query(context, case.given, case.allowed)
        for context, case in zip(contexts, proof.cases, strict=True)
    ]
    arrays = {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}
    np.savez(folder / "inputs.npz", **arrays)  # type: ignore[arg-type]  # numpy's stub
    return folder / "inputs.npz"


def _targets(word: str, proof: Golden) -> Iterator[Target]:
    """The targets that a word means."""
    checkers = [tool for tool in installed() if isinstance(tool, Checker)]
    every = [f"{tool.word}/{delegate.name}" for tool in checkers for delegate in tool.delegates]
    known = [name for name in every if name in proof.tolerances]
    found = [name for name in known if word in (name, name.partition("/")[0])]
    if not found:
        raise UsageError(
            f"no target {word!r} that checks answers",
            allowed=choices({*known, *(name.partition("/")[0] for name in known)}),
        )
    yield from map(Target.parse, found)
