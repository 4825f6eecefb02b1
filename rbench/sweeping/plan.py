"""A study, spelt out: its cells, and the jobs that lead to each, which name each other.

This module alone knows the order of the stages.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any

import msgspec

from rbench import data, plugins
from rbench.cells.policy import objection, target_objection
from rbench.cells.recipe import PLAIN, Recipe
from rbench.cells.target import Target
from rbench.convert.settings import PersonalSettings
from rbench.errors import PluginError
from rbench.features import CONTEXT, FeatureSpec
from rbench.federated.settings import FederatedSettings
from rbench.metrics.found import sources
from rbench.plugins.looking import Seen, look, look_at_losses
from rbench.profile.checking import Checker, concerning_checks
from rbench.profile.tool import concerning, tool_of
from rbench.recipes.registered import COMPRESSIONS, SCHEMES
from rbench.records import CellName
from rbench.study import Study, label_of
from rbench.sweeping.bench import bench_of, census_benches
from rbench.sweeping.jobs import (
    AnyJob,
    BaselinesJob,
    Bench,
    CensusJob,
    CheckJob,
    CompressJob,
    ContextsJob,
    ConvertJob,
    DataJob,
    EncoderSpec,
    EvaluateJob,
    FederateJob,
    ProfileJob,
    RoundJob,
    TrainJob,
)
from rbench.train.settings import AUTO, BY_CATALOGUE, TrainSettings


class Pipeline(msgspec.Struct, frozen=True, kw_only=True):
    """The jobs that lead to one file, from one seed."""

    seed: int
    train: TrainJob
    compress: CompressJob
    convert: ConvertJob
    census: CensusJob
    evaluate: EvaluateJob


class CellPlan(msgspec.Struct, frozen=True, kw_only=True):
    """One cell with everything that has to be done for it."""

    cell: CellName
    encoder_name: str
    """As the study names it; the cell has its label."""
    objection: str = ""
    """Why policy forbids it; then there are no jobs."""
    pipelines: tuple[Pipeline, ...] = ()
    """One per seed; the first is the one that is timed."""
    rounds: tuple[RoundJob, ...] = ()
    profile: ProfileJob | None = None
    check: CheckJob | None = None
    """Instead of rounds, where the target is checked and never timed."""

    def jobs(self) -> Iterator[AnyJob]:
        """Its jobs in the order of the stages, the timing ones last."""
        for pipeline in self.pipelines:
            yield from (
                pipeline.train,
                pipeline.compress,
                pipeline.convert,
                pipeline.census,
                pipeline.evaluate,
            )
        if self.check:
            yield self.check
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
    contexts: tuple[ContextsJob, ...]
    """One for each set of features."""
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


def plan(study: Study, machine: str, benches: Mapping[str, Bench] | None = None) -> Plan:
    """Spell out a study, and refuse it where it cannot work, before anything is done.

    Args:
        machine: identity of the one that times.
        benches: target -> with what it is timed, where that is not found out here.

    Raises:
        PluginError, DataError: an encoder, a loss, a metric or the log cannot be had.
    """
    given = {name: _features(study, name) for name in study.encoders}
    items = study.items if any(map(study.learns_items, study.encoders)) else None
    load = DataJob(
        settings=study.data,
        fingerprint=data.fingerprint(study.data),
        columns=_columns(given.values()),
        items=items,
        items_fingerprint=data.items_fingerprint(items),
    )
    contexts = {
        name: ContextsJob(
            count=study.profile.contexts,
            length=study.model.length,
            seed=study.profile.seed,
            data=load.key,
            features=features,
            allowed=study.convert.allowed,
            user=study.model.width if handed_in(study.personal) else 0,
        )
        for name, features in given.items()
    }
    trainings = {name: study.trainings(name) for name in study.encoders}
    by_label = {label: name for name, labels in trainings.items() for label in labels}
    encoders = _encoders(study, {label_of(name): name for name in study.encoders})
    look_at_losses(_losses(study, by_label.values()))
    metrics = sources()
    pipelines: dict[tuple[str, str], tuple[Pipeline, ...]] = {}
    benches = dict(benches or {})
    cells = []
    for cell in study.cells():
        recipe = Recipe.parse(cell.recipe)
        name = by_label[cell.encoder]
        encoder, spec = encoders[label_of(name)]
        reason = objection(recipe, encoder)
        reason = reason or _target_objection(recipe, Target.parse(cell.target))
        if reason:
            cells.append(CellPlan(cell=cell, encoder_name=name, objection=reason))
            continue
        place = (cell.encoder, cell.recipe)
        if place not in pipelines:
            federated = trainings[name][cell.encoder]
            pipelines[place] = tuple(
                _pipeline(study, name, spec, federated, given[name], recipe, s, load.key, metrics)
                for s in study.seeds
            )
        convert = pipelines[place][0].convert
        if cell.target not in benches:
            benches[cell.target] = bench_of(cell.target, machine)
        settings = concerning(study.profile, Target.parse(cell.target))
        if isinstance(tool_of(Target.parse(cell.target)), Checker):
            check = CheckJob(
                settings=concerning_checks(settings),
                target=cell.target,
                convert=convert.key,
                contexts=contexts[name].key,
                bench=benches[cell.target],
            )
            cells.append(
                CellPlan(
                    cell=cell,
                    encoder_name=name,
                    pipelines=pipelines[place],
                    check=check,
                )
            )
            continue
        rounds = tuple(
            RoundJob(
                settings=settings.of_a_round(),
                target=cell.target,
                number=number,
                convert=convert.key,
                contexts=contexts[name].key,
                bench=benches[cell.target],
            )
            for number in range(study.profile.rounds)
        )
        cells.append(
            CellPlan(
                cell=cell,
                encoder_name=name,
                pipelines=pipelines[place],
                rounds=rounds,
                profile=ProfileJob(
                    settings=settings,
                    target=cell.target,
                    rounds=tuple(job.key for job in rounds),
                ),
            )
        )
    return Plan(
        study=study,
        data=load,
        baselines=BaselinesJob(settings=study.evaluate, data=load.key, metrics=metrics),
        contexts=tuple({job.key: job for job in contexts.values()}.values()),
        cells=tuple(cells),
        twins=_twins(study, cells),
    )


def handed_in(personal: PersonalSettings | None) -> bool:
    """Whether files are told who asks."""
    return personal is not None and personal.state == "tensor"


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
                convert=cell.pipelines[0].convert,
                own=cell.rounds,
                again=tuple(msgspec.structs.replace(job, twin=company) for job in cell.rounds),
            )
            for cell in (*plain[middle:], *plain[:middle], *rest)
        )
    return found


def _target_objection(recipe: Recipe, target: Target) -> str:
    return target_objection(recipe, target) or tool_of(target).objection(recipe, target)


def _encoders(study: Study, by_label: Mapping[str, str]) -> dict[str, tuple[Seen, EncoderSpec]]:
    asked = [study.plugin(name) for name in by_label.values()]
    specs = [
        EncoderSpec(label=label, plugin=plugin, options=options, source=plugins.source_hash(plugin))
        for label, (plugin, options) in zip(by_label, asked, strict=True)
    ]
    return dict(zip(by_label, zip(look(asked), specs, strict=True), strict=True))


def _features(study: Study, name: str) -> tuple[FeatureSpec, ...]:
    """What an encoder is given beside the context, in the order of names.

    Raises:
        PluginError: a feature is not there, refuses an option, or two make one input.
    """
    specs = tuple(_spec(*one) for one in sorted(study.features_of(name).items()))
    inputs = [plugins.feature(spec.name, spec.options).name for spec in specs]
    if len({*inputs, CONTEXT}) <= len(inputs):
        raise PluginError(f"two features make one input among {', '.join(inputs)}")
    return specs


def _spec(label: str, options: dict[str, Any]) -> FeatureSpec:
    """A feature goes by its name, or by any label, where ``use`` names it."""
    used = options.get("use")
    if used is None:
        return FeatureSpec(
            name=label, options=options, source=plugins.source_hash(label, plugins.FEATURES)
        )
    rest = {key: value for key, value in options.items() if key != "use"}
    return FeatureSpec(
        name=used,
        label=label,
        options={"label": label, **rest},
        source=plugins.source_hash(used, plugins.FEATURES),
    )


def _columns(given: Iterable[tuple[FeatureSpec, ...]]) -> tuple[str, ...]:
    """What the features of a study read."""
    every = (plugins.feature(spec.name, spec.options) for specs in given for spec in specs)
    return tuple(sorted({feature.column for feature in every}))


@cache
def _source(word: str, group: str) -> str:
    """Hash of the code behind a word of recipes."""
    return plugins.source_hash(word, group)


def _losses(study: Study, names: Iterable[str]) -> list[tuple[str, dict[str, Any]]]:
    """The losses that a study's encoders are trained with, each once."""
    found: list[tuple[str, dict[str, Any]]] = []
    for settings in map(study.train_settings, names):
        for name in _named(settings):
            asked = name, settings.loss_options
            if asked not in found:
                found.append(asked)
    return found


def _named(settings: TrainSettings) -> tuple[str, ...]:
    """The losses that a training may have: which of them, the log decides."""
    return BY_CATALOGUE if settings.loss == AUTO else (settings.loss,)


def _pipeline(
    study: Study,
    name: str,
    spec: EncoderSpec,
    federated: FederatedSettings | None,
    features: tuple[FeatureSpec, ...],
    recipe: Recipe,
    seed: int,
    loaded: str,
    metrics: dict[str, str],
) -> Pipeline:
    settings = study.train_settings(name)
    loss = " ".join(plugins.source_hash(found, plugins.LOSSES) for found in _named(settings))
    asked: dict[str, Any] = {
        "encoder": spec,
        "settings": settings,
        "loss": loss,
        "model": study.model,
        "seed": seed,
        "data": loaded,
        "filter_history": study.evaluate.filter_history,
        "features": features,
        "item_features": study.learns_items(name),
    }
    train = FederateJob(**asked, federated=federated) if federated else TrainJob(**asked)
    compress = CompressJob(
        compression=recipe.compression,
        sources=tuple(_source(found.word, COMPRESSIONS) for found in recipe.compressions),
        recipe=str(recipe),
        settings=study.compress,
        train_settings=train.settings,
        loss=loss,
        encoder=spec,
        model=study.model,
        seed=seed,
        **{train.stage: train.key},  # type: ignore[arg-type]  # one of its two fields
        data=loaded,
        filter_history=study.evaluate.filter_history,
        features=features,
    )
    convert = ConvertJob(
        recipe=str(recipe),
        source=_source(recipe.scheme.name, SCHEMES),
        settings=study.convert,
        personal=study.personal,
        encoder=spec,
        model=study.model,
        seed=seed,
        compress=compress.key,
        data=loaded,
        features=features,
    )
    evaluate = EvaluateJob(
        settings=study.evaluate,
        compress=compress.key,
        convert=convert.key,
        data=loaded,
        metrics=metrics,
        features=features,
    )
    return Pipeline(
        seed=seed,
        train=train,
        compress=compress,
        convert=convert,
        census=CensusJob(convert=convert.key, benches=census_benches()),
        evaluate=evaluate,
    )
