"""What is done for a job of the stage ``contexts``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rbench.sweeping.results import CONTEXTS, INPUTS, Contexts
from rbench.sweeping.stages.inputs import dataset

if TYPE_CHECKING:
    from rbench.sweeping.given import Given
    from rbench.sweeping.jobs import ContextsJob


def work(job: ContextsJob, given: Given) -> Contexts:
    """Draw the contexts of real users that timing cycles through."""
    features = given.features(job.features)
    every = dataset(given.store, job.data).test.features(job.length, features)
    drawn = np.random.default_rng(job.seed).permutation(len(every))[: job.count]
    asked = every[drawn]
    if features:
        np.savez(given.folder / INPUTS, **asked.arrays)  # type: ignore[arg-type]  # numpy's stub
    else:
        np.save(given.folder / CONTEXTS, np.ascontiguousarray(asked.context))
    return Contexts(count=len(drawn))
