"""Any .tflite, timed on any targets: no study, no training, no quality. Its records are like a
run's, with the file's name as encoder and `AS_IT_IS` as recipe.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from rbench import extras, jobs
from rbench.errors import ModelError, OutputError, StageError, Unsupported
from rbench.machine import machine as this_machine
from rbench.profile import ProfileSettings, measure, strangers, summarise
from rbench.profile.node_census import count_nodes
from rbench.records import (
    CellName,
    ModelFile,
    Record,
    RunInfo,
    State,
    write_info,
    write_records,
)
from rbench.target import Target

AS_IT_IS = "as-it-is"
STUDY = "profile"


class Asked(NamedTuple):
    """What the runs ask."""

    path: Path
    """``.npy`` or ``.npz``, see `rbench.profile.queries`."""
    said: tuple[str, ...]
    """In words, a line an input."""


def made_up(
    model: Path,
    settings: ProfileSettings,
    folder: Path,
    items: int = 0,
    ranges: Mapping[str, tuple[float, float]] | None = None,
) -> Asked:
    """Queries for a file that no run made.

    Args:
        folder: gets them.
        items: how many rows the item table has, 0 to read it off the graph.
        ranges: name of an input -> least and largest number it is given.

    Raises:
        ModelError: the file cannot be read, or it is not known what to ask it.
    """
    import numpy as np

    entry = None if ranges else _entry(model, items)
    if entry is not None:
        path = folder / "contexts.npy"
        np.save(path, strangers.made_up(entry, settings.contexts, settings.seed))
        said = f"contexts, int32 [1, {entry.length}]: 1 to {entry.rows - 1:,}, padded with 0"
        return Asked(path, (said,))
    known = dict(ranges or {})
    inputs = strangers.inputs_of(model, known, items)
    path = folder / "contexts.npz"
    arrays: dict[str, Any] = strangers.drawn(inputs, settings.contexts, settings.seed)
    np.savez(path, **arrays)
    return Asked(
        path,
        tuple(
            f"{entry.name}, {entry.kind} {list(entry.shape)}: {entry.low:g} to {entry.high:g} "
            f"({entry.why})"
            for entry in inputs
        ),
    )


def _entry(model: Path, items: int) -> strangers.Entry | None:
    """What a recommender takes; None where the file is another kind of model."""
    try:
        found = strangers.entry_of(model)
    except ModelError as error:
        if "cannot be asked" in error.what or "cannot tell" in error.what:
            return None
        raise
    return found._replace(rows=items) if items else found


def profile_file(
    model: Path,
    targets: Sequence[Target],
    settings: ProfileSettings,
    asked: Asked,
    folder: Path,
    command: str,
) -> tuple[Record, ...]:
    """Time a file, and write a run folder.

    Rounds are interleaved and shuffled across the targets, as in a sweep.

    Args:
        folder: where records, the model, raw samples and run.json go.
        command: what made it, for the records.

    Raises:
        ModelError: the file cannot be read.
        OutputError: the folder cannot be written.
        MissingExtraError: the runtime is not installed.
    """
    extras.require("profile", "timing a .tflite")
    try:
        content = model.read_bytes()
        file = _place(model, content, folder)
        work = folder / ".rounds"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        rounds = _rounds(model, targets, settings, asked.path, work)
        records = tuple(
            _record(model, file, target, settings, asked, rounds[target], folder, command)
            for target in targets
        )
        shutil.rmtree(work)
    except OSError as error:
        raise OutputError(
            f"cannot write: {error.strerror or error}",
            where=str(error.filename or folder),
            remedy="name another place with --out, or make room or permissions there",
        ) from error
    write_records(folder / "records.jsonl", records)
    write_info(folder / "run.json", _info(records, command))
    return records


def _place(model: Path, content: bytes, folder: Path) -> ModelFile:
    from rbench.convert import take_inventory

    found = take_inventory(content)
    name = f"models/{model.stem}/{AS_IT_IS}.tflite"
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    if not (folder / name).is_file() or (folder / name).read_bytes() != content:
        (folder / name).write_bytes(content)
    return ModelFile(
        path=name,
        sha256=found.sha256,
        size_bytes=found.size_bytes,
        gzip_bytes=found.gzip_bytes,
        zstd_bytes=found.zstd_bytes,
        ops=found.ops,
        tensor_bytes=found.tensor_bytes,
        census={**found.facts(), "nodes": count_nodes(model)},
        converter=found.description,
    )


Rounds = list[Path] | StageError | Unsupported


def _rounds(
    model: Path,
    targets: Sequence[Target],
    settings: ProfileSettings,
    contexts: Path,
    work: Path,
) -> dict[Target, Rounds]:
    """The folders of each target's rounds, or what ended them."""
    made: dict[Target, Rounds] = {target: [] for target in targets}
    draw = random.Random(settings.seed)
    for number in range(settings.rounds):
        for target in draw.sample(list(targets), len(targets)):
            so_far = made[target]
            if not isinstance(so_far, list):
                continue
            place = work / f"{targets.index(target)}-{number}"
            place.mkdir()
            try:
                found = measure(settings, model, target, contexts, number, place)
            except (StageError, Unsupported) as error:
                made[target] = error
                continue
            (place / "result.json").write_bytes(msgspec.json.encode(found))
            so_far.append(place)
    return made


def _record(
    model: Path,
    file: ModelFile,
    target: Target,
    settings: ProfileSettings,
    asked: Asked,
    rounds: Rounds,
    folder: Path,
    command: str,
) -> Record:
    known: dict[str, Any] = {
        "study": STUDY,
        "cell": CellName(encoder=model.stem, recipe=AS_IT_IS, target=str(target)),
        "machine": this_machine(),
        "model": file,
        "versions": {name: v for name, v in jobs.versions_of("round").items() if v},
        "settings": {"profile": msgspec.to_builtins(settings), "inputs": list(asked.said)},
        "command": command,
    }
    if not isinstance(rounds, list):
        state: State = "unsupported" if isinstance(rounds, Unsupported) else "failed"
        return Record(**known, state=state, reason=str(rounds), stage="profile")
    pooled = folder / ".rounds" / f"pooled-{target.delegate}"
    pooled.mkdir(exist_ok=True)
    timing, delegation = summarise(settings, target, rounds, pooled)
    if timing.samples:
        (folder / "artefacts").mkdir(exist_ok=True)
        shutil.copyfile(pooled / "samples.npz", folder / "artefacts" / f"{timing.samples}.npz")
    return Record(**known, state="ok", timing=timing, delegation=delegation)


def _info(records: Sequence[Record], command: str) -> RunInfo:
    first = records[0]
    return RunInfo(
        study=STUDY,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        rbench=jobs.installed("rbench"),
        command=command,
        machine=first.machine,
        versions=first.versions,
        settings=first.settings,
        cells=len(records),
    )
