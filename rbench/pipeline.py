"""The stages in order, and one cell's way through them.

This module alone knows the order. `plan` turns a study into cells whose jobs name each other;
`perform` does one job.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import msgspec

from rbench import data, plugins
from rbench.jobs import (
    AnyJob,
    BaselinesJob,
    CompressJob,
    ContextsJob,
    ConvertJob,
    DataJob,
    EncoderSpec,
    EvaluateJob,
    ProfileJob,
    RoundJob,
    TrainJob,
)
from rbench.looking import Seen, look
from rbench.policy import objection, target_objection
from rbench.profile import gpus
from rbench.profile.benchmark_model import tool as benchmark_model
from rbench.progress import Progress, Reporter
from rbench.recipe import Recipe
from rbench.records import CellName, Delegation, Machine, Quality, Timing
from rbench.store import Store
from rbench.study import Study, label_of
from rbench.target import HOST, Target

PLAIN = "float32"
"""Recipe of the files that are timed twice, where there are such."""

STAGES = (
    "data",
    "baselines",
    "contexts",
    "train",
    "compress",
    "convert",
    "evaluate",
    "round",
    "profile",
)


class Baselines(msgspec.Struct, frozen=True, kw_only=True):
    """Result of the baselines' job."""

    scores: dict[str, Quality]


class Contexts(msgspec.Struct, frozen=True, kw_only=True):
    """Result of drawing contexts: ``contexts.npy``, int32 (count, length), lies beside it."""

    count: int


class Profiled(msgspec.Struct, frozen=True, kw_only=True):
    """Result of summing up a cell's rounds."""

    timing: Timing
    delegation: Delegation
    machine: Machine | None = None
    """The phone; None: this host."""


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """The jobs that lead to one file, from one seed."""

    seed: int
    train: TrainJob
    compress: CompressJob
    convert: ConvertJob
    evaluate: EvaluateJob


class CellPlan(msgspec.Struct, frozen=True, kw_only=True):
    """One cell with everything that has to be done for it."""

    cell: CellName
    encoder_name: str
    """As the study names it; the cell has its label."""
    objection: str = ""
    """Why policy forbids it; then there are no jobs."""
    ways: tuple[Way, ...] = ()
    """One per seed; the first is the one that is timed."""
    rounds: tuple[RoundJob, ...] = ()
    profile: ProfileJob | None = None

    def jobs(self) -> Iterator[AnyJob]:
        """Its jobs in the order of the stages, the timing ones last."""
        for way in self.ways:
            yield from (way.train, way.compress, way.convert, way.evaluate)
        yield from self.rounds
        if self.profile:
            yield self.profile


class Twin(msgspec.Struct, frozen=True, kw_only=True):
    """A cell's file, timed as if it was another cell too: what sets the two apart is chance."""

    cell: CellName
    convert: ConvertJob
    own: tuple[RoundJob, ...]
    again: tuple[RoundJob, ...]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A study, spelt out."""

    study: Study
    data: DataJob
    baselines: BaselinesJob
    contexts: ContextsJob
    cells: tuple[CellPlan, ...]
    twins: dict[str, tuple[Twin, ...]] = {}
    """Target -> the cells that may have one, in the order in which they are asked: one whose file
    cannot be had hands it on."""

    def twins_among(self, missing: Container[tuple[str, str]]) -> Iterator[Twin]:
        """The twins to time.

        Args:
            missing: (stage, key) of what cannot be made.
        """
        for twins in self.twins.values():
            found = (twin for twin in twins if ("convert", twin.convert.key) not in missing)
            yield from islice(found, self.study.profile.twins)


def plan(study: Study, machine: str) -> Plan:
    """Spell out a study, and refuse it where it cannot work, before anything is done.

    Raises:
        PluginError, DataError: an encoder or the log cannot be had.
    """
    load = DataJob(settings=study.data, fingerprint=data.fingerprint(study.data))
    contexts = ContextsJob(
        count=study.profile.contexts,
        length=study.model.length,
        seed=study.profile.seed,
        data=load.key,
    )
    by_label = {label_of(name): name for name in study.encoders}
    encoders = _encoders(study, by_label)
    ways: dict[tuple[str, str], tuple[Way, ...]] = {}
    cells = []
    for cell in study.cells():
        recipe = Recipe.parse(cell.recipe)
        encoder, spec = encoders[cell.encoder]
        reason = objection(recipe, encoder)
        reason = reason or target_objection(recipe, Target.parse(cell.target))
        if reason:
            cells.append(CellPlan(cell=cell, encoder_name=by_label[cell.encoder], objection=reason))
            continue
        place = (cell.encoder, cell.recipe)
        if place not in ways:
            name = by_label[cell.encoder]
            ways[place] = tuple(_way(study, name, spec, recipe, s, load.key) for s in study.seeds)
        convert = ways[place][0].convert
        rounds = tuple(
            RoundJob(
                settings=study.profile,
                target=cell.target,
                machine=_machine(cell.target, machine),
                number=number,
                convert=convert.key,
                contexts=contexts.key,
                tool=_tool(cell.target),
                adapter=_adapter(cell.target),
            )
            for number in range(study.profile.rounds)
        )
        cells.append(
            CellPlan(
                cell=cell,
                encoder_name=by_label[cell.encoder],
                ways=ways[place],
                rounds=rounds,
                profile=ProfileJob(
                    settings=study.profile,
                    target=cell.target,
                    rounds=tuple(job.key for job in rounds),
                ),
            )
        )
    return Plan(
        study=study,
        data=load,
        baselines=BaselinesJob(settings=study.evaluate, data=load.key),
        contexts=contexts,
        cells=tuple(cells),
        twins=_twins(study, cells),
    )


def _twins(study: Study, cells: Sequence[CellPlan]) -> dict[str, tuple[Twin, ...]]:
    """The middle one of a target's plain cells first: neither its fastest nor its slowest, most
    likely.
    """
    found = {}
    for target in study.targets if study.profile.twins else ():
        timed = [cell for cell in cells if cell.cell.target == target and cell.rounds]
        keys = sorted(cell.rounds[0].convert for cell in timed)
        company = hashlib.sha256("".join(keys).encode()).hexdigest()
        plain = [cell for cell in timed if cell.cell.recipe == PLAIN]
        middle = len(plain) // 2
        rest = [cell for cell in timed if cell.cell.recipe != PLAIN]
        found[target] = tuple(
            Twin(
                cell=cell.cell,
                convert=cell.ways[0].convert,
                own=cell.rounds,
                again=tuple(msgspec.structs.replace(job, twin=company) for job in cell.rounds),
            )
            for cell in (*plain[middle:], *plain[:middle], *rest)
        )
    return found


def _tool(target: str) -> str:
    """Which build of the native tool a target is timed with."""
    parsed = Target.parse(target)
    if parsed.tool != "benchmark_model":
        return ""
    return benchmark_model.present(phones=parsed.device != HOST)


def _machine(target: str, machine: str) -> str:
    """Where a target is timed: on this machine, or on the phone with that serial."""
    device = Target.parse(target).device
    return machine if device == HOST else f"phone {device}"


def _adapter(target: str) -> str:
    """Which GPU a target of the ``litert`` tool is timed on."""
    parsed = Target.parse(target)
    return gpus.find().name if (parsed.tool, parsed.delegate) == ("litert", "gpu") else ""


def _encoders(study: Study, by_label: Mapping[str, str]) -> dict[str, tuple[Seen, EncoderSpec]]:
    asked = [study.plugin(name) for name in by_label.values()]
    specs = [
        EncoderSpec(label=label, plugin=plugin, options=options, source=plugins.source_hash(plugin))
        for label, (plugin, options) in zip(by_label, asked, strict=True)
    ]
    return dict(zip(by_label, zip(look(asked), specs, strict=True), strict=True))


def _way(study: Study, name: str, spec: EncoderSpec, recipe: Recipe, seed: int, loaded: str) -> Way:
    train = TrainJob(
        encoder=spec,
        settings=study.train_settings(name),
        model=study.model,
        seed=seed,
        data=loaded,
        filter_history=study.evaluate.filter_history,
    )
    compress = CompressJob(
        compression=recipe.compression,
        recipe=str(recipe),
        settings=study.compress,
        train_settings=train.settings,
        encoder=spec,
        model=study.model,
        seed=seed,
        train=train.key,
        data=loaded,
        filter_history=study.evaluate.filter_history,
    )
    convert = ConvertJob(
        recipe=str(recipe),
        settings=study.convert,
        encoder=spec,
        model=study.model,
        seed=seed,
        compress=compress.key,
        data=loaded,
    )
    evaluate = EvaluateJob(
        settings=study.evaluate, compress=compress.key, convert=convert.key, data=loaded
    )
    return Way(seed=seed, train=train, compress=compress, convert=convert, evaluate=evaluate)


def needs(job: AnyJob) -> tuple[tuple[str, str], ...]:
    """(stage, key) of the artefacts that a job reads."""
    named = {name: getattr(job, name, "") for name in STAGES}
    found = [(name, key) for name, key in named.items() if key and isinstance(key, str)]
    if isinstance(job, ProfileJob):
        found += [("round", key) for key in job.rounds]
    return tuple(found)


def perform(job: AnyJob, store: Store, report: Reporter, key: str = "") -> Any:
    """Do one job, unless its artefact is there, and return its result.

    Args:
        key: the artefact's, if it is known; by default ``job.key``.

    Raises:
        StageError, Unsupported, DataError: it cannot be done.
    """
    from rbench import performers

    work, kind = performers.of(job)
    return store.make(
        job.stage,
        key or job.key,
        kind,
        lambda folder: work(job, store, folder, report),
        resumable=job.resumable,
        waiting=lambda: report(Progress(done=0, total=1, text="another sweep is making it")),
    )
