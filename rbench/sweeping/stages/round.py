"""What is done for a job of the stage ``round``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rbench.cells.target import Target
from rbench.convert import MODEL
from rbench.errors import StageError
from rbench.profile import Round, measure
from rbench.sweeping.results import queries_in

if TYPE_CHECKING:
    from rbench.sweeping.given import Given
    from rbench.sweeping.jobs import RoundJob


def work(job: RoundJob, given: Given) -> Round:
    """Time one .tflite on one target once."""
    made = measure(
        job.settings,
        given.store.folder("convert", job.convert) / MODEL,
        Target.parse(job.target),
        queries_in(given.store.folder("contexts", job.contexts)),
        job.number,
        given.folder,
    )
    if made.tool != job.bench.build:
        raise StageError("the tool was exchanged while the sweep ran", where=job.target)
    adapter = made.delegation.adapter if made.delegation else ""
    if job.bench.adapter and adapter != job.bench.adapter:
        raise StageError("the GPU was exchanged while the sweep ran", where=job.target)
    return made
