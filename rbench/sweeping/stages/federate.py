"""What is done for a job of the stage ``federate``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rbench.federated import federate
from rbench.sweeping.stages.inputs import dataset
from rbench.train import Trained

if TYPE_CHECKING:
    from rbench.sweeping.given import Given
    from rbench.sweeping.jobs import FederateJob


def work(job: FederateJob, given: Given) -> Trained:
    """Train one encoder from one seed, each user a client."""
    return federate(
        job.federated,
        job.settings,
        job.model,
        given.store.folder("data", job.data),
        dataset(given.store, job.data),
        given.encoder(job.encoder),
        job.seed,
        given.folder,
        given.report,
        plugin=job.encoder.plugin,
        options=job.encoder.options,
        filter_history=job.filter_history,
        features=job.features,
    )
