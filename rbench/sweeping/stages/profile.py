"""What is done for a job of the stage ``profile``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rbench.cells.target import Target
from rbench.profile import Round, summarise
from rbench.sweeping.results import Profiled

if TYPE_CHECKING:
    from rbench.sweeping.given import Given
    from rbench.sweeping.jobs import ProfileJob


def work(job: ProfileJob, given: Given) -> Profiled:
    """Sum up the rounds of one cell."""
    rounds = [given.store.folder("round", key) for key in job.rounds]
    timing, delegation = summarise(job.settings, Target.parse(job.target), rounds, given.folder)
    machine = given.store.read("round", job.rounds[0], Round).machine
    return Profiled(timing=timing, delegation=delegation, machine=machine)
