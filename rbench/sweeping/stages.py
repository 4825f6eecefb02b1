"""Who does which job: the seam between jobs, which are values, and stages, which are functions."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from rbench import compress, convert, data, evaluate, plugins, profile, train
from rbench.cells.recipe import Recipe
from rbench.cells.target import Target
from rbench.data.dataset import Dataset
from rbench.encoding import Encoder
from rbench.errors import StageError
from rbench.profile.node_census import count_nodes
from rbench.progress import Progress, Reporter
from rbench.records import DataSummary, Quality
from rbench.sweeping.jobs import (
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
from rbench.sweeping.results import Baselines, Contexts, Profiled
from rbench.sweeping.store import Store

CONTEXTS = "contexts.npy"


def _data(job: DataJob, store: Store, folder: Path, report: Reporter) -> DataSummary:
    dataset = data.load(job.settings)
    data.save(dataset, folder)
    return dataset.summary


def _baselines(job: BaselinesJob, store: Store, folder: Path, report: Reporter) -> Baselines:
    return Baselines(
        scores=evaluate.baselines(job.settings, _dataset(store, job.data), folder, report)
    )


def _contexts(job: ContextsJob, store: Store, folder: Path, report: Reporter) -> Contexts:
    every = _dataset(store, job.data).test.contexts(job.length)
    drawn = np.random.default_rng(job.seed).permutation(len(every))[: job.count]
    np.save(folder / CONTEXTS, np.ascontiguousarray(every[drawn]))
    return Contexts(count=len(drawn))


def _train(job: TrainJob, store: Store, folder: Path, report: Reporter) -> train.Trained:
    dataset = _dataset(store, job.data)
    return train.train(
        job.settings,
        job.model,
        dataset,
        _encoder(job.encoder),
        job.seed,
        folder,
        report,
        filter_history=job.filter_history,
    )


def _compress(
    job: CompressJob, store: Store, folder: Path, report: Reporter
) -> compress.Compressed:
    return compress.compress(
        Recipe.parse(job.recipe),
        job.settings,
        job.train_settings,
        job.model,
        store.folder("train", job.train),
        _dataset(store, job.data),
        _encoder(job.encoder),
        job.seed,
        folder,
        report,
        filter_history=job.filter_history,
    )


def _convert(job: ConvertJob, store: Store, folder: Path, report: Reporter) -> convert.FlatModel:
    made = convert.convert(
        Recipe.parse(job.recipe),
        job.settings,
        job.model,
        store.folder("compress", job.compress),
        _dataset(store, job.data),
        _encoder(job.encoder),
        job.seed,
        folder,
    )
    nodes = count_nodes(folder / convert.MODEL)
    return msgspec.structs.replace(made, census={**made.census, "nodes": nodes})


def _evaluate(job: EvaluateJob, store: Store, folder: Path, report: Reporter) -> Quality:
    return evaluate.evaluate(
        job.settings,
        store.folder("convert", job.convert) / convert.MODEL,
        store.folder("compress", job.compress) / compress.REFERENCE,
        _dataset(store, job.data),
        folder,
        report,
    )


def _round(job: RoundJob, store: Store, folder: Path, report: Reporter) -> profile.Round:
    made = profile.measure(
        job.settings,
        store.folder("convert", job.convert) / convert.MODEL,
        Target.parse(job.target),
        store.folder("contexts", job.contexts) / CONTEXTS,
        job.number,
        folder,
    )
    if made.tool != job.tool:
        raise StageError("the tool was exchanged while the sweep ran", where=job.target)
    if job.adapter and made.delegation.adapter != job.adapter:
        raise StageError("the GPU was exchanged while the sweep ran", where=job.target)
    return made


def _profile(job: ProfileJob, store: Store, folder: Path, report: Reporter) -> Profiled:
    rounds = [store.folder("round", key) for key in job.rounds]
    timing, delegation = profile.summarise(job.settings, Target.parse(job.target), rounds, folder)
    phone = store.read("round", job.rounds[0], profile.Round).device
    machine = phone.machine if phone else None
    return Profiled(timing=timing, delegation=delegation, machine=machine)


_PERFORMERS: dict[type, tuple[Callable[..., Any], type[msgspec.Struct]]] = {
    DataJob: (_data, DataSummary),
    BaselinesJob: (_baselines, Baselines),
    ContextsJob: (_contexts, Contexts),
    TrainJob: (_train, train.Trained),
    CompressJob: (_compress, compress.Compressed),
    ConvertJob: (_convert, convert.FlatModel),
    EvaluateJob: (_evaluate, Quality),
    RoundJob: (_round, profile.Round),
    ProfileJob: (_profile, Profiled),
}


def of(job: AnyJob) -> tuple[Callable[..., Any], type[Any]]:
    """The function that does a job, and the type of its result."""
    return _PERFORMERS[type(job)]


def perform(job: AnyJob, store: Store, report: Reporter, key: str = "") -> Any:
    """Do one job, unless its artefact is there, and return its result.

    Args:
        key: the artefact's, if it is known; by default ``job.key``.

    Raises:
        StageError, Unsupported, DataError: it cannot be done.
    """
    work, kind = of(job)
    return store.make(
        job.stage,
        key or job.key,
        kind,
        lambda folder: work(job, store, folder, report),
        resumable=job.resumable,
        waiting=lambda: report(Progress(done=0, total=1, text="another sweep is making it")),
    )


@lru_cache(maxsize=2)
def _open(folder: Path) -> Dataset:
    return data.open_dataset(folder)


def _dataset(store: Store, key: str) -> Dataset:
    return _open(store.folder("data", key))


def _encoder(spec: EncoderSpec) -> Encoder:
    return plugins.encoder(spec.plugin, spec.options)
