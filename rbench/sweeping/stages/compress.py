"""What is done for a job of the stage ``compress``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rbench.cells.recipe import Recipe
from rbench.compress import Compressed, compress
from rbench.sweeping.stages.inputs import dataset

if TYPE_CHECKING:
    from rbench.sweeping.given import Given
    from rbench.sweeping.jobs import CompressJob


def work(job: CompressJob, given: Given) -> Compressed:
    """Compress one trained encoder."""
    return compress(
        Recipe.parse(job.recipe),
        job.settings,
        job.train_settings,
        job.model,
        given.store.folder("train", job.train)
        if job.train
        else given.store.folder("federate", job.federate),
        dataset(given.store, job.data),
        given.encoder(job.encoder),
        job.seed,
        given.folder,
        given.report,
        filter_history=job.filter_history,
        features=given.features(job.features),
    )
