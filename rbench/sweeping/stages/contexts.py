"""What is done for a job of the stage ``contexts``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rbench.sweeping.results import CONTEXTS, Contexts
from rbench.sweeping.stages.inputs import dataset

if TYPE_CHECKING:
    from rbench.sweeping.given import Given
    from rbench.sweeping.jobs import ContextsJob


def work(job: ContextsJob, given: Given) -> Contexts:
    """Draw the contexts of real users that timing cycles through."""
    every = dataset(given.store, job.data).test.contexts(job.length)
    drawn = np.random.default_rng(job.seed).permutation(len(every))[: job.count]
    np.save(given.folder / CONTEXTS, np.ascontiguousarray(every[drawn]))
    return Contexts(count=len(drawn))
