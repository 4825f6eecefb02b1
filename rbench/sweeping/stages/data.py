"""What is done for a job of the stage ``data``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rbench.data import load, save
from rbench.records import DataSummary

if TYPE_CHECKING:
    from rbench.sweeping.given import Given
    from rbench.sweeping.jobs import DataJob


def work(job: DataJob, given: Given) -> DataSummary:
    """Load a log and split it."""
    dataset = load(job.settings, job.columns, job.items)
    save(dataset, given.folder)
    return dataset.summary
