"""A file timed as two cells of one run: how far equal ones lie apart on this machine, today.

The rounds of a cell say how far they lie apart from each other; the twin says whether that is all
that chance does. What differs by less than a file did from itself is noise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean
from typing import Any

import msgspec

from rbench.profile.result import Round
from rbench.records import CellName, Timing

APART = 0.05
"""Difference between a file and itself from which on no timing of its target can be trusted."""


class Noise(msgspec.Struct, frozen=True, kw_only=True):
    """What a target's twins showed."""

    difference: float
    """The larger of two geometric means of round medians over the smaller, less 1; of several
    files the largest."""
    cell: str
    """The file that showed it."""
    round_medians_us: tuple[tuple[float, ...], tuple[float, ...]]
    """Its rounds as a cell, and as the other cell."""
    files: int
    """How many were timed twice."""


def seen(pairs: Sequence[tuple[CellName, Sequence[Round], Sequence[Round]]]) -> Noise | None:
    """The noise that files timed twice show; None where no file has all its rounds.

    Args:
        pairs: cell, its rounds, and the rounds of the same file as another cell.
    """
    found = []
    for cell, own, again in pairs:
        medians = _medians(own), _medians(again)
        if all(medians) and all(value > 0 for part in medians for value in part):
            means = [fmean(math.log(value) for value in part) for part in medians]
            found.append((math.expm1(abs(means[0] - means[1])), str(cell), medians))
    if not found:
        return None
    difference, name, medians = max(found)
    return Noise(difference=difference, cell=name, round_medians_us=medians, files=len(found))


def doubted(timing: Timing, noise: Noise) -> Timing:
    """The timing of a cell of the same target, its verdict and details with what twins showed."""
    details: dict[str, Any] = {**timing.details, "noise": msgspec.to_builtins(noise)}
    if noise.difference <= APART:
        return msgspec.structs.replace(timing, details=details)
    first, second = (math.exp(fmean(map(math.log, part))) for part in noise.round_medians_us)
    reason = (
        f"noisy machine: {noise.cell} timed as two cells of this run took {first:.4g} and "
        f"{second:.4g} us, {100 * noise.difference:.0f} % apart (at most {APART:.0%})"
    )
    return msgspec.structs.replace(
        timing,
        verdict="invalid" if timing.verdict == "invalid" else "unstable",
        reasons=(*timing.reasons, reason),
        details=details,
    )


def _medians(rounds: Sequence[Round]) -> tuple[float, ...]:
    return tuple(round_.median_us for round_ in sorted(rounds, key=lambda one: one.number))
