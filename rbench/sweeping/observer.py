"""Who is told how a sweep goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from rbench.progress import Progress
from rbench.sweeping.jobs import AnyJob
from rbench.sweeping.store import Failure


class Observer(Protocol):
    """Told by the sweep and its executor, in this process. Must not raise."""

    def planned(self, jobs: Sequence[AnyJob]) -> None:
        """What has to be done; the rest was done before."""

    def started(self, job: AnyJob) -> None:
        """A worker took the job."""

    def moved(self, job: AnyJob, progress: Progress) -> None:
        """The job got on."""

    def ended(self, job: AnyJob, failure: Failure | None) -> None:
        """The job is done, or failed, or stands behind one that did."""

    def noticed(self, text: str) -> None:
        """Something besides the jobs: the sweep waits, or the machine is busy."""


class Silent:
    """An observer that says nothing."""

    def planned(self, jobs: Sequence[AnyJob]) -> None:
        """Say nothing."""

    def started(self, job: AnyJob) -> None:
        """Say nothing."""

    def moved(self, job: AnyJob, progress: Progress) -> None:
        """Say nothing."""

    def ended(self, job: AnyJob, failure: Failure | None) -> None:
        """Say nothing."""

    def noticed(self, text: str) -> None:
        """Say nothing."""


class PassingOn:
    """An observer that tells another one all that it is told; whoever adds something derives."""

    def __init__(self, observer: Observer) -> None:
        self.observer = observer

    def planned(self, jobs: Sequence[AnyJob]) -> None:
        """Pass it on."""
        self.observer.planned(jobs)

    def started(self, job: AnyJob) -> None:
        """Pass it on."""
        self.observer.started(job)

    def moved(self, job: AnyJob, progress: Progress) -> None:
        """Pass it on."""
        self.observer.moved(job, progress)

    def ended(self, job: AnyJob, failure: Failure | None) -> None:
        """Pass it on."""
        self.observer.ended(job, failure)

    def noticed(self, text: str) -> None:
        """Pass it on."""
        self.observer.noticed(text)
