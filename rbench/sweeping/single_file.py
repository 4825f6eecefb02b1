"""Any .tflite, timed on any targets: no study, no training, no quality. Its records are like a
run's, with the file's name as encoder and `AS_IT_IS` as recipe.
"""

from __future__ import annotations

import filecmp
import random
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from rbench.cells.target import Target
from rbench.errors import ModelError, OutputError, StageError, Unsupported
from rbench.profile import ProfileSettings, measure, strangers, summarise, synthetic_inputs
from rbench.profile.checking import Checker, check, concerning_checks
from rbench.profile.node_census import count_nodes
from rbench.profile.ranges import Range
from rbench.profile.synthetic_inputs import MOST_BYTES
from rbench.profile.tool import tool_of
from rbench.records import CellName, Check, ModelFile, Record, RunInfo, State
from rbench.records.machine import machine as this_machine
from rbench.records.run_folder import write_info, write_records
from rbench.sweeping import jobs
from rbench.sweeping.bench import bench_of, versions_with
from rbench.system import extras
from rbench.text.shown import line
from rbench.tflite import mapped, placed

if TYPE_CHECKING:
    from rbench.convert import Inventory

AS_IT_IS = "as-it-is"
STUDY = "profile"


class Asked(NamedTuple):
    """What the runs ask."""

    path: Path
    """``.npy`` or ``.npz``, see `rbench.profile.queries`."""
    said: tuple[str, ...]
    """In words, a line an input."""


class Timed(NamedTuple):
    """What is timed of a file."""

    path: Path
    """The file itself; or a copy in which the signature that is asked for comes first."""
    way: strangers.Way

    @property
    def said(self) -> tuple[str, ...]:
        """Which signature it is, where there are several."""
        if len(self.way.all) < 2:
            return ()
        others = ", ".join(name for name in self.way.all if name != self.way.signature)
        return (f"signature {self.way.signature}; not timed: {others} (see --signature)",)


def timed_way(model: Path, signature: str | None, folder: Path) -> Timed:
    """The signature that is timed, the first one where none is named.

    Args:
        folder: gets the copy, if one is needed.

    Raises:
        ModelError: the file cannot be read, or has no such signature.
    """
    way = strangers.way_into(model, signature)
    if way.leads:
        return Timed(model.absolute(), way)
    from rbench.convert.leading import leading

    path = folder / "leading.tflite"
    path.write_bytes(leading(bytes(mapped(model)), way.signature))
    return Timed(path, way)


def made_up(
    model: Path,
    settings: ProfileSettings,
    folder: Path,
    items: int = 0,
    ranges: Mapping[str, Range] | None = None,
    timed: Timed | None = None,
) -> Asked:
    """Queries for a file that no run made.

    Args:
        folder: gets them.
        items: how many rows the item table has, 0 to read it off the graph.
        ranges: an input, see `rbench.profile.strangers.inputs_of` -> the numbers it is given.
        timed: which signature of it, the first one if left out.

    Raises:
        ModelError: the file cannot be read, or it is not known what to ask it.
    """
    try:
        return _made_up(timed.path if timed else model, settings, folder, items, ranges or {})
    except ModelError as error:
        raise placed(error, model) from error


def _made_up(
    model: Path, settings: ProfileSettings, folder: Path, items: int, ranges: Mapping[str, Range]
) -> Asked:
    import numpy as np

    entry = None if ranges else _entry(model, items)
    if entry is not None:
        path = folder / "contexts.npy"
        contexts = strangers.made_up(entry, settings.contexts, settings.seed)
        np.save(path, contexts)
        line = f"contexts, int32 [1, {entry.length}]: 1 to {entry.rows - 1:,}, padded with 0"
        return Asked(path, (line, *_fewer(len(contexts), settings)))
    inputs = strangers.inputs_of(model, ranges, items)
    if not inputs:
        settings = msgspec.structs.replace(settings, contexts=1)
    count = synthetic_inputs.queries_within(inputs, settings.contexts)
    path = folder / "contexts.npz"
    synthetic_inputs.save(path, inputs, count, settings.seed)
    said = tuple(map(str, inputs)) or ("nothing: the file takes no input",)
    return Asked(path, (*said, *_fewer(count, settings)))


def _fewer(count: int, settings: ProfileSettings) -> tuple[str, ...]:
    """Said where the bound on memory made them fewer."""
    if count >= settings.contexts:
        return ()
    several = f"{count} different queries" if count > 1 else "one query, again and again"
    return (f"{several}: {settings.contexts} would take more than {MOST_BYTES >> 20} MiB",)


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
    timed: Timed | None = None,
) -> tuple[Record, ...]:
    """Time a file, and write a run folder.

    Rounds are interleaved and shuffled across the targets, as in a sweep.

    Args:
        folder: where records, the model, raw samples and run.json go.
        command: what made it, for the records.
        timed: which signature of it, the first one if left out.

    Raises:
        ModelError: the file cannot be read.
        OutputError: the folder cannot be written.
        MissingExtraError: the runtime is not installed.
    """
    extras.require("profile", "timing a .tflite")
    known = timed or Timed(model.absolute(), strangers.way_into(model))
    found = _inventory(model)
    try:
        work = folder / ".rounds"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        file = _place(model, found, known, folder)
        rounds = _rounds(known.path, targets, settings, asked.path, work)
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


def _inventory(model: Path) -> Inventory:
    from rbench.convert import take_inventory

    try:
        return take_inventory(mapped(model))
    except ModelError as error:
        raise error if error.where else placed(error, model) from error


def _place(model: Path, found: Inventory, timed: Timed, folder: Path) -> ModelFile:
    name = f"models/{line(model.stem)}/{AS_IT_IS}.tflite"
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    if not (folder / name).is_file() or not filecmp.cmp(model, folder / name, shallow=False):
        shutil.copyfile(model, folder / name)
    facts = found.facts(signature=timed.way.signature)
    return ModelFile(
        path=name,
        sha256=found.sha256,
        size_bytes=found.size_bytes,
        gzip_bytes=found.gzip_bytes,
        zstd_bytes=found.zstd_bytes,
        ops=found.ops,
        tensor_bytes=found.tensor_bytes,
        census={**facts, "nodes": count_nodes(timed.path)},
        converter=found.description,
    )


Rounds = list[Path] | Check | StageError | Unsupported
"""What a target left: the folders of its rounds, or a check; or what ended it."""


def _rounds(
    model: Path,
    targets: Sequence[Target],
    settings: ProfileSettings,
    contexts: Path,
    work: Path,
) -> dict[Target, Rounds]:
    """What each target left."""
    made: dict[Target, Rounds] = {
        target: _check(model, target, settings, contexts)
        if isinstance(tool_of(target), Checker)
        else []
        for target in targets
    }
    draw = random.Random(settings.seed)
    for number in range(settings.rounds):
        for target in draw.sample(list(targets), len(targets)):
            so_far = made[target]
            if not isinstance(so_far, list):
                continue
            place = work / f"{targets.index(target)}-{number}"
            place.mkdir()
            try:
                found = measure(settings.of_a_round(), model, target, contexts, number, place)
            except (StageError, Unsupported) as error:
                made[target] = error
                continue
            (place / "result.json").write_bytes(msgspec.json.encode(found))
            so_far.append(place)
    return made


def _check(model: Path, target: Target, settings: ProfileSettings, contexts: Path) -> Rounds:
    try:
        return check(concerning_checks(settings), model, target, contexts)
    except (StageError, Unsupported) as error:
        return error


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
    here = this_machine()
    known: dict[str, Any] = {
        "study": STUDY,
        "cell": CellName(encoder=line(model.stem), recipe=AS_IT_IS, target=str(target)),
        "machine": here,
        "model": file,
        "versions": versions_with(str(target), bench_of(str(target), here.identity)),
        "settings": {"profile": settings.said(), "inputs": list(asked.said)},
        "command": command,
    }
    if isinstance(rounds, Check):
        return Record(**known, state="ok", check=rounds)
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
