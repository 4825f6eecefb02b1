"""What is done for a job of the stage ``train``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rbench.sweeping.stages.inputs import dataset
from rbench.train import Trained, train

if TYPE_CHECKING:
    from rbench.sweeping.given import Given
    from rbench.sweeping.jobs import TrainJob


def work(job: TrainJob, given: Given) -> Trained:
    """Train one encoder from one seed."""
    return train(
        job.settings,
        job.model,
        dataset(given.store, job.data),
        given.encoder(job.encoder),
        job.seed,
        given.folder,
        given.report,
        filter_history=job.filter_history,
        features=given.features(job.features),
        item_features=job.item_features,
    )
