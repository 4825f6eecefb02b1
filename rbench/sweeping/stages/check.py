"""What is done for a job of the stage ``check``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rbench.cells.target import Target
from rbench.convert import MODEL
from rbench.errors import StageError
from rbench.profile.checking import check
from rbench.profile.tool import tool_of
from rbench.records import Check
from rbench.sweeping.results import queries_in

if TYPE_CHECKING:
    from rbench.sweeping.given import Given
    from rbench.sweeping.jobs import CheckJob


def work(job: CheckJob, given: Given) -> Check:
    """Compare one .tflite's answers on one target with those here."""
    target = Target.parse(job.target)
    if tool_of(target).build(target) != job.bench.build:
        raise StageError("the tool was exchanged while the sweep ran", where=job.target)
    return check(
        job.settings,
        given.store.folder("convert", job.convert) / MODEL,
        target,
        queries_in(given.store.folder("contexts", job.contexts)),
    )
