"""What is done for a job of the stage ``contexts``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rbench.features import ALLOWED, USER, Features
from rbench.sweeping.results import CONTEXTS, INPUTS, Contexts
from rbench.sweeping.stages.inputs import dataset

if TYPE_CHECKING:
    from rbench.sweeping.given import Given
    from rbench.sweeping.jobs import ContextsJob

MOST_BYTES = 64 << 20
"""Of masks over the catalogue: a timing process holds them all."""


def work(job: ContextsJob, given: Given) -> Contexts:
    """Draw the contexts of real users that timing cycles through."""
    features = given.features(job.features)
    known = dataset(given.store, job.data)
    every = known.test.features(job.length, features)
    count = min(job.count, max(1, MOST_BYTES // (4 * known.items))) if job.allowed else job.count
    drawn = np.random.default_rng(job.seed).permutation(len(every))[:count]
    asked = every[drawn]
    if job.allowed:
        masks = np.ones((len(drawn), known.items), np.float32)
        asked = Features({**asked.arrays, ALLOWED: masks})
    if job.user:
        nobody = np.zeros((len(drawn), job.user), np.float32)
        asked = Features({**asked.arrays, USER: nobody})
    if len(asked.arrays) > 1:
        np.savez(given.folder / INPUTS, **asked.arrays)  # type: ignore[arg-type]  # numpy's stub
    else:
        np.save(given.folder / CONTEXTS, np.ascontiguousarray(asked.context))
    return Contexts(count=len(drawn))
