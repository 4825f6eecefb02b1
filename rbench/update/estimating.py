"""Rows for items that no training saw: from items like them, and from who took them first.

A row begins where its features lead: ridge regression from the values of the items to their rows.
Then each first interaction pulls it towards the vector that the encoder had for the history before
it, as much as one more step of training would: the most likely row under the softmax over the
catalogue, with the beginning as the mean of a normal prior.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
RIDGE = 1.0
"""Items that a value needs to count half."""
TRUST = 0.7
"""Of the prior, in squares of a vector's length: the smaller, the more interactions count. Less of
it brings new items to more users and takes places from others: docs/features.md has figures."""
STEPS = 50


def from_features(table: Floats, known: Floats, fresh: Floats, ridge: float = RIDGE) -> Floats:
    """Where rows begin: ``(new items, width)``.

    Args:
        table: ``(items, width)``, as learnt.
        known: ``(items, values)``, what these items have.
        fresh: ``(new items, values)``; a row of nothing begins at the mean of all rows.
    """
    mean, centre = table.mean(axis=0), known.mean(axis=0)
    have = (known - centre).astype(np.float64)
    wanted = (table - mean).astype(np.float64)
    square = have.T @ have + ridge * np.eye(have.shape[1])
    weights = np.linalg.solve(square, have.T @ wanted)
    made = mean + (fresh - centre) @ weights
    made[~fresh.any(axis=1)] = mean
    return np.asarray(made, np.float32)


def with_interactions(
    starts: Floats, table: Floats, vectors: Sequence[Floats], trust: float = TRUST
) -> Floats:
    """The most likely rows.

    Args:
        starts: ``(new items, width)``.
        table: ``(items, width)``.
        vectors: for each new item what the encoder had before each of its first interactions,
            ``(interactions, width)``.
    """
    made = starts.astype(np.float64)
    rows = table.astype(np.float64)
    for place, several in enumerate(vectors):
        if len(several):
            made[place] = _most_likely(made[place], rows, several.astype(np.float64), trust)
    return made.astype(np.float32)


def _most_likely(start: Doubles, table: Doubles, vectors: Doubles, trust: float) -> Doubles:
    """Newton's method on the sum of log softmax and the prior; both are concave. A step that
    overshoots is halved.
    """
    others = vectors @ table.T
    top = others.max(axis=1)
    rest = top + np.log(np.exp(others - top[:, None]).sum(axis=1))
    weight = trust * float((vectors**2).sum(axis=1).mean()) or 1.0

    def likely(row: Doubles) -> float:
        lost = np.logaddexp(rest, vectors @ row) - vectors @ row
        return -float(lost.sum()) - weight / 2 * float(((row - start) ** 2).sum())

    row, now = start.copy(), likely(start)
    for _ in range(STEPS):
        shares = 1 / (1 + np.exp(np.clip(rest - vectors @ row, -500, 500)))
        slope = vectors.T @ (1 - shares) - weight * (row - start)
        curve = (vectors.T * (shares * (1 - shares))) @ vectors + weight * np.eye(len(row))
        step = np.linalg.solve(curve, slope)
        while likely(row + step) < now and float(np.abs(step).max()) > 1e-9:
            step /= 2
        row = row + step
        now = likely(row)
        if float(np.abs(step).max()) < 1e-6 * (1 + float(np.abs(row).max())):
            break
    return row
