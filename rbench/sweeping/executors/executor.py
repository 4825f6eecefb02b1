"""The seam: whoever keeps this contract can do a sweep's jobs, on this machine or on many."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import msgspec

from rbench.records import Machine
from rbench.study import Study
from rbench.sweeping.executors.graph import Failures
from rbench.sweeping.jobs import AnyJob, Bench
from rbench.sweeping.observer import Observer
from rbench.sweeping.store import Store


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """Where a study would be timed."""

    machine: Machine
    """The one that times what names no device; this one, where nothing is timed on a machine."""
    benches: dict[str, Bench] = {}
    """Target -> with what it is timed, for the targets that are not timed from here."""


class Session(Protocol):
    """One sweep's use of an executor.

    Both methods do each job once all that it needs is in the sweep's store, and return when
    nothing is left that can be done: every artefact is in that store then, or ``failures`` says
    why not, and the store remembers it. The observer is told from the calling thread.
    """

    def build(self, jobs: Sequence[AnyJob], failures: Failures) -> None:
        """Do jobs whose result does not depend on who does them: anywhere, side by side.

        Args:
            jobs: in the order of the stages.
            failures: why artefacts are not there; failed jobs and those behind them are added.

        Raises:
            OutputError: the store cannot be written any more; nothing can go on.
        """

    def time(self, jobs: Sequence[AnyJob], failures: Failures) -> None:
        """Do rounds, each on the machine or phone of its target and alone there, in the given
        order, and sum them up.

        Args:
            jobs: rounds, then what sums them up.
            failures: as in `build`.

        Raises:
            OutputError: as in `build`.
        """


class Executor(Protocol):
    """A place where sweeps can be run."""

    here: bool
    """Whether this machine times what names no device."""

    def survey(self, study: Study) -> Survey:
        """Find out where the study would be timed, before anything else of the sweep happens.

        Raises:
            RbenchError: this executor cannot run the study, and what to do.
        """

    def session(
        self, store: Store, observer: Observer, *, stall_s: float
    ) -> AbstractContextManager[Session]:
        """Begin one sweep; whatever was started for it ends with the context.

        Args:
            store: the sweep's own, where every artefact ends up.
            stall_s: a job that says nothing for longer has failed.

        Raises:
            RbenchError: it cannot begin.
        """
