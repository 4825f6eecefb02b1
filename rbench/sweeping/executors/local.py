"""This machine as an executor: building side by side, then timing, alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import filelock

from rbench.cells.target import Target
from rbench.profile import Contention, Round
from rbench.records.machine import machine
from rbench.study import Study
from rbench.sweeping.executors.children import Children
from rbench.sweeping.executors.executor import Survey
from rbench.sweeping.executors.graph import Failures
from rbench.sweeping.jobs import AnyJob, RoundJob
from rbench.sweeping.observer import Observer, PassingOn
from rbench.sweeping.store import Failure, Store
from rbench.system import temporary

WORKER_BYTES = 2 << 30
"""Memory that a building worker is given; so many of them run side by side as have room."""


class Local:
    """Does a sweep's jobs in child processes of the sweep. Needs nothing else."""

    here = True

    def survey(self, study: Study) -> Survey:
        """This machine times."""
        return Survey(machine=machine())

    @contextmanager
    def session(self, store: Store, observer: Observer, *, stall_s: float) -> Iterator[_Session]:
        """Begin one sweep, with a folder for its temporary files."""
        with temporary.of_a_sweep() as environment:
            yield _Session(store, observer, stall_s, environment)


class _Session:
    """One sweep on this machine."""

    def __init__(
        self, store: Store, observer: Observer, stall_s: float, environment: Mapping[str, str]
    ) -> None:
        self.store = store
        self.observer = observer
        self.stall_s = stall_s
        self.environment = environment

    def build(self, jobs: Sequence[AnyJob], failures: Failures) -> None:
        """In as many workers as the machine has cores and memory for, one thread each."""
        here = machine()
        width = min(here.cores, here.memory_bytes // WORKER_BYTES, len(jobs))
        self._children(self.observer, max(1, width), 1).run(jobs, failures)

    def time(self, jobs: Sequence[AnyJob], failures: Failures) -> None:
        """One after the other, when no other sweep times here."""
        contention = Contention()
        with alone(self.store, self.observer):
            contention.look(self.observer.noticed)
            watched = Watched(self.observer, self.store, contention)
            self._children(watched, 1, 0).run(jobs, failures)

    def _children(self, observer: Observer, width: int, threads: int) -> Children:
        return Children(
            self.store,
            observer,
            width=width,
            threads=threads,
            stall_s=self.stall_s,
            environment=self.environment,
        )


class Watched(PassingOn):
    """Tells an observer besides when a round found its machine busy, and when that is over."""

    def __init__(self, observer: Observer, store: Store, contention: Contention) -> None:
        super().__init__(observer)
        self.store = store
        self.contention = contention

    def ended(self, job: AnyJob, failure: Failure | None) -> None:
        """Pass it on, then look at what the round says of its company."""
        super().ended(job, failure)
        if isinstance(job, RoundJob) and failure is None:
            made = self.store.read(job.stage, job.key, Round)
            self.contention.after(Target.parse(job.target), made, self.observer.noticed)


@contextmanager
def alone(store: Store, observer: Observer) -> Iterator[None]:
    """Sweeps on one machine take turns with timing: nothing else should run meanwhile."""
    lock = filelock.FileLock(store.root / "timing.lock")
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        observer.noticed("another sweep is timing on this machine: waiting until it is done")
        lock.acquire()
        observer.noticed("the other sweep is done: timing begins")
    try:
        yield
    finally:
        lock.release()
