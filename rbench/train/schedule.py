"""The step size over a training: a function of the step's number alone, so that a training that
goes on after a kill finds its place by itself.
"""

from __future__ import annotations

import math

from rbench.train.rules import Resolved

LAST = 0.02
"""What a cosine leaves of the step size at the end."""


def learning_rate(settings: Resolved, step: int, steps: int) -> float:
    """The step size of a step.

    Args:
        step: its number, from 0, over all epochs.
        steps: how many there are in all planned epochs.
    """
    warmup = settings.warmup_steps
    if step < warmup:
        return settings.learning_rate * (step + 1) / warmup
    if settings.schedule == "constant":
        return settings.learning_rate
    return settings.learning_rate * half_cosine((step - warmup) / max(1, steps - 1 - warmup))


def half_cosine(done: float) -> float:
    """The share of the step size that is left when this share of the steps is done."""
    return LAST + (1 - LAST) * (1 + math.cos(math.pi * done)) / 2
