"""What is done for a job of the stage ``census``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rbench.convert import MODEL
from rbench.profile.node_census import count_nodes
from rbench.sweeping.results import Census

if TYPE_CHECKING:
    from rbench.sweeping.given import Given
    from rbench.sweeping.jobs import CensusJob


def work(job: CensusJob, given: Given) -> Census:
    """Count the nodes that each delegate takes of one .tflite."""
    return Census(nodes=count_nodes(given.store.folder("convert", job.convert) / MODEL))
