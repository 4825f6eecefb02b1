"""What is done for a job of the stage ``convert``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rbench.cells.recipe import Recipe
from rbench.convert import FlatModel, convert
from rbench.sweeping.stages.inputs import dataset

if TYPE_CHECKING:
    from rbench.sweeping.given import Given
    from rbench.sweeping.jobs import ConvertJob


def work(job: ConvertJob, given: Given) -> FlatModel:
    """Turn one compressed model into a .tflite."""
    return convert(
        Recipe.parse(job.recipe),
        job.settings,
        job.model,
        given.store.folder("compress", job.compress),
        dataset(given.store, job.data),
        given.encoder(job.encoder),
        job.seed,
        given.folder,
        features=given.features(job.features),
        personal=job.personal,
    )
