"""Two files, timed in turn: what one takes as a multiple of the other."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from rbench.cells.target import Target
from rbench.errors import ModelError
from rbench.profile.measure import measure
from rbench.profile.ranges import Range
from rbench.profile.settings import ProfileSettings
from rbench.profile.strangers import Entry, entry_of, inputs_of, made_up
from rbench.profile.summary import summarise
from rbench.profile.synthetic_inputs import Input, queries_within, save
from rbench.records import Delegation, Timing
from rbench.system import extras

SETTINGS = ProfileSettings(rounds=12, min_runs=3000, min_seconds=2.0, max_seconds=20.0, op_runs=0)
"""More and shorter rounds than in a run: only the differences within rounds are compared."""


class Timed(NamedTuple):
    """One of the two files."""

    timing: Timing
    delegation: Delegation | None


def time_pair(
    settings: ProfileSettings,
    new: Path,
    old: Path,
    target: Target,
    folder: Path,
    ranges: Mapping[str, Range] | None = None,
) -> tuple[Timed, Timed]:
    """Time two files in rounds, each round both of them, in an order drawn anew.

    Args:
        folder: empty; filled with contexts, rounds and samples.
        ranges: an input, see `inputs_of` -> the numbers it is given, in both files.

    Raises:
        ModelError: a file cannot be asked, see `inputs_of`.
        StageError, Unsupported, MissingExtraError: as `rbench.profile.measure.measure`.
    """
    extras.require("profile", "timing two model files")
    models = {"new": new, "old": old}
    for name in models:
        (folder / name).mkdir()
    asked = _asked(settings, models, folder, ranges or {})
    places: dict[str, list[Path]] = {"new": [], "old": []}
    draw = random.Random(settings.seed)
    for number in range(settings.rounds):
        for name in draw.sample(sorted(models), 2):
            place = folder / name / f"round{number}"
            place.mkdir()
            made = measure(settings.of_a_round(), models[name], target, asked[name], number, place)
            (place / "result.json").write_bytes(msgspec.json.encode(made))
            places[name].append(place)
    timed = {
        name: Timed(*summarise(settings, target, places[name], folder / name)) for name in models
    }
    return timed["new"], timed["old"]


def _asked(
    settings: ProfileSettings,
    models: Mapping[str, Path],
    folder: Path,
    ranges: Mapping[str, Range],
) -> dict[str, Path]:
    """Queries for each file, in its folder: the same for both, as far as both take the same."""
    import numpy as np

    entries = None if ranges else _entries(models)
    if entries is not None:
        rows = min(entry.rows for entry in entries.values())
        for name, entry in entries.items():
            known = made_up(Entry(entry.length, rows), settings.contexts, settings.seed)
            np.save(folder / name / "contexts.npy", known)
        return {name: folder / name / "contexts.npy" for name in models}
    new, old = (inputs_of(path, ranges) for path in models.values())
    inputs = dict(zip(models, (_within(new, old), _within(old, new)), strict=True))
    count = min(queries_within(takes, settings.contexts) for takes in inputs.values())
    for name, takes in inputs.items():
        save(folder / name / "contexts.npz", takes, count if takes else 1, settings.seed)
    return {name: folder / name / "contexts.npz" for name in models}


def _entries(models: Mapping[str, Path]) -> dict[str, Entry] | None:
    """What recommenders take; None where one of the files is another kind of model."""
    try:
        return {name: entry_of(path) for name, path in models.items()}
    except ModelError as error:
        if "cannot be asked" in error.what or "cannot tell" in error.what:
            return None
        raise


def _within(these: Sequence[Input], those: Sequence[Input]) -> list[Input]:
    """The inputs of one file, each with the numbers that its like of the other takes as well."""
    found = []
    for number, takes in enumerate(these):
        like = those[number] if number < len(those) else takes
        low = max(takes.range.low, like.range.low)
        high = min(takes.range.high, like.range.high)
        both = takes.kind == like.kind and low <= high
        found.append(takes._replace(range=Range(low, high)) if both else takes)
    return found
