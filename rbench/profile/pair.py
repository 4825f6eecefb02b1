"""Two files, timed in turn: what one takes as a multiple of the other."""

from __future__ import annotations

import random
from pathlib import Path
from typing import NamedTuple

import msgspec

from rbench import extras
from rbench.profile.measure import measure
from rbench.profile.settings import ProfileSettings
from rbench.profile.strangers import Entry, entry_of, made_up
from rbench.profile.summary import summarise
from rbench.records import Delegation, Timing
from rbench.target import Target

SETTINGS = ProfileSettings(rounds=12, min_runs=3000, min_seconds=2.0, max_seconds=20.0, op_runs=0)
"""More and shorter rounds than in a run: only the differences within rounds are compared."""


class Timed(NamedTuple):
    """One of the two files."""

    timing: Timing
    delegation: Delegation


def time_pair(
    settings: ProfileSettings, new: Path, old: Path, target: Target, folder: Path
) -> tuple[Timed, Timed]:
    """Time two files in rounds, each round both of them, in an order drawn anew.

    Args:
        folder: empty; filled with contexts, rounds and samples.

    Raises:
        ModelError: a file cannot be asked, see `entry_of`.
        StageError, Unsupported, MissingExtraError: as `rbench.profile.measure.measure`.
    """
    extras.require("profile", "timing two model files")
    models = {"new": new, "old": old}
    entries = {name: entry_of(path) for name, path in models.items()}
    rows = min(entry.rows for entry in entries.values())
    for name, entry in entries.items():
        (folder / name).mkdir()
        _save(folder / name / "contexts.npy", Entry(entry.length, rows), settings)
    places: dict[str, list[Path]] = {"new": [], "old": []}
    draw = random.Random(settings.seed)
    for number in range(settings.rounds):
        for name in draw.sample(sorted(models), 2):
            place = folder / name / f"round{number}"
            place.mkdir()
            contexts = folder / name / "contexts.npy"
            made = measure(settings, models[name], target, contexts, number, place)
            (place / "result.json").write_bytes(msgspec.json.encode(made))
            places[name].append(place)
    timed = {
        name: Timed(*summarise(settings, target, places[name], folder / name)) for name in models
    }
    return timed["new"], timed["old"]


def _save(path: Path, entry: Entry, settings: ProfileSettings) -> None:
    import numpy as np

    np.save(path, made_up(entry, settings.contexts, settings.seed))
