"""Jobs that wait for each other: what can be done next, and what never will."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from rbench.sweeping.jobs import AnyJob, needs
from rbench.sweeping.messages import Fault
from rbench.sweeping.observer import Observer
from rbench.sweeping.store import Failure, Store

ArtefactKey = tuple[str, str]
"""(stage, key) of an artefact."""

Failures = dict[ArtefactKey, Failure]
"""Why artefacts are not there."""


class Task(NamedTuple):
    """A job with what would be costly to ask it again and again."""

    place: ArtefactKey
    job: AnyJob
    needs: tuple[ArtefactKey, ...]

    @classmethod
    def of(cls, job: AnyJob) -> Task:
        """The task of a job."""
        return cls((job.stage, job.key), job, needs(job))


class Graph:
    """The jobs of one run, from waiting to done or failed.

    Args:
        jobs: in an order in which nothing stands before what it needs.
        failures: what is known to be missing; failed jobs and those behind them are added.
        observer: told of jobs that begin and end.
    """

    def __init__(
        self, jobs: Sequence[AnyJob], failures: Failures, store: Store, observer: Observer
    ) -> None:
        self.waiting = [Task.of(job) for job in jobs]
        self.failures = failures
        self.store = store
        self.observer = observer

    def ready(self, running: Collection[ArtefactKey]) -> Iterator[Task]:
        """What waits for nothing any more, in the given order.

        Args:
            running: the places of the tasks that were taken and have not ended.
        """
        undone = {task.place for task in self.waiting} | set(running)
        for task in list(self.waiting):
            if not any(place in undone for place in task.needs):
                yield task

    def drop_hopeless(self) -> None:
        """Jobs behind a failed one fail for the same reason. They stand in the order of the
        stages, so once through is enough.
        """
        for task in list(self.waiting) if self.failures else ():
            known = (self.failures[place] for place in task.needs if place in self.failures)
            cause = next(known, None)
            if cause is not None:
                self.waiting.remove(task)
                self.failures[task.place] = cause
                self.observer.ended(task.job, cause)

    def take(self, task: Task) -> None:
        """Somebody will do it: it waits no longer."""
        self.waiting.remove(task)

    def done(self, task: Task) -> None:
        """Its artefact is in the store."""
        self.observer.ended(task.job, None)

    def failed(self, task: Task, fault: Fault) -> None:
        """It could not be done; the store remembers why."""
        failure = Failure(
            reason=fault.reason,
            state=fault.state,
            stage=task.job.stage,
            passing=fault.passing or fault.fatal,
        )
        self.store.fail(*task.place, failure)
        self.failures[task.place] = failure
        self.observer.ended(task.job, failure)
