"""What is done for a job of the stage ``baselines``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rbench.evaluate import baselines
from rbench.sweeping.results import Baselines
from rbench.sweeping.stages.inputs import dataset

if TYPE_CHECKING:
    from rbench.sweeping.given import Given
    from rbench.sweeping.jobs import BaselinesJob


def work(job: BaselinesJob, given: Given) -> Baselines:
    """Score what needs no training."""
    return Baselines(
        scores=baselines(job.settings, dataset(given.store, job.data), given.folder, given.report)
    )
