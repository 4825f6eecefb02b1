"""What is done for a job of the stage ``evaluate``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rbench.compress import REFERENCE
from rbench.convert import MODEL
from rbench.evaluate import evaluate
from rbench.records import Quality
from rbench.sweeping.stages.inputs import dataset

if TYPE_CHECKING:
    from rbench.sweeping.given import Given
    from rbench.sweeping.jobs import EvaluateJob


def work(job: EvaluateJob, given: Given) -> Quality:
    """Score one .tflite on the test users."""
    return evaluate(
        job.settings,
        given.store.folder("convert", job.convert) / MODEL,
        given.store.folder("compress", job.compress) / REFERENCE,
        dataset(given.store, job.data),
        given.folder,
        given.report,
        given.features(job.features),
    )
