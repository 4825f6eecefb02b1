"""Who does which job: the seam between jobs, which are values, and stages, which are functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rbench.compress import Compressed
from rbench.convert import FlatModel
from rbench.profile import Round
from rbench.progress import Progress, Reporter
from rbench.records import Check, DataSummary, Quality
from rbench.sweeping.given import Given
from rbench.sweeping.jobs import AnyJob
from rbench.sweeping.results import Baselines, Census, Contexts, Profiled
from rbench.sweeping.stages import (
    baselines,
    census,
    check,
    compress,
    contexts,
    convert,
    data,
    evaluate,
    federate,
    profile,
    round,
    train,
)
from rbench.sweeping.store import Store
from rbench.train import Trained

_WORK: dict[str, tuple[Callable[..., Any], type[Any]]] = {
    "data": (data.work, DataSummary),
    "baselines": (baselines.work, Baselines),
    "contexts": (contexts.work, Contexts),
    "train": (train.work, Trained),
    "federate": (federate.work, Trained),
    "compress": (compress.work, Compressed),
    "convert": (convert.work, FlatModel),
    "census": (census.work, Census),
    "evaluate": (evaluate.work, Quality),
    "check": (check.work, Check),
    "round": (round.work, Round),
    "profile": (profile.work, Profiled),
}
"""Stage -> the function that does its jobs, and the type of its result."""


def perform(job: AnyJob, store: Store, report: Reporter, key: str = "") -> Any:
    """Do one job, unless its artefact is there, and return its result.

    Args:
        key: the artefact's, if it is known; by default ``job.key``.

    Raises:
        StageError, Unsupported, DataError: it cannot be done.
    """
    work, kind = _WORK[job.stage]
    return store.make(
        job.stage,
        key or job.key,
        kind,
        lambda folder: work(job, Given(store, folder, report)),
        resumable=job.resumable,
        waiting=lambda: report(Progress(done=0, total=1, text="another sweep is making it")),
    )
