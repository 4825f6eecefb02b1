"""What the executor and its workers tell each other, as JSON lines."""

from __future__ import annotations

import msgspec

from rbench.progress import Progress
from rbench.sweeping.jobs import AnyJob


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker is told."""

    job: AnyJob
    key: str
    """The job's key as the parent knows it: what is on disk may change while a sweep runs."""
    store: str
    log: str


class Told(msgspec.Struct, frozen=True, kw_only=True, tag="progress"):
    """How far the job is."""

    progress: Progress


class Done(msgspec.Struct, frozen=True, kw_only=True, tag="done"):
    """The job is finished, its artefact is in the store."""

    seconds: float


class Fault(msgspec.Struct, frozen=True, kw_only=True, tag="fault"):
    """The job failed."""

    reason: str
    state: str = "failed"
    passing: bool = False
    """True where the process was killed from outside: the next sweep tries again unasked."""
    fatal: bool = False
    """True where the whole sweep cannot go on, e.g. a full disk."""


Answer = Told | Done | Fault
