"""One walk over the test users: ranks of their targets, and what they are shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbench.data.dataset import Dataset, Holdout, Ids
from rbench.data.ranking import Scores, rankable, ranks, top
from rbench.errors import StageError
from rbench.evaluate.settings import EvaluateSettings
from rbench.features import Features
from rbench.metrics import Lists
from rbench.metrics.estimates import depth
from rbench.progress import Progress, Reporter
from rbench.records.history import history

Scorer = Callable[[Any], Scores]
"""Inputs of ``n`` queries, or for a baseline contexts int32 ``(n, length)`` -> scores float32
``(n, items)``; column j is item j + 1."""

BATCH = 256
"""Users scored at once, at most."""
CELLS = 2_000_000
"""Scores held at once, at most: users x items are never in memory together."""


@dataclass(frozen=True)
class Outcome:
    """What a scorer did for the test users."""

    ranks: Ids
    """int32 ``(users,)``; 0 where the target cannot be ranked."""
    lists: Lists
    """Every user's best items."""
    targets: Ids
    """int32 ``(users,)``: what was held out; 0 where training never saw it."""
    lengths: NDArray[np.int64]
    """int64 ``(users,)``: items in their histories."""


def score_users(
    scorer: Scorer,
    contexts: Features | Ids,
    dataset: Dataset,
    settings: EvaluateSettings,
    report: Reporter,
    holdout: Holdout | None = None,
) -> Outcome:
    """Rank every held-out user's target among the whole catalogue.

    Args:
        contexts: of all the users, as the scorer takes them.
        holdout: whose targets; the test's unless given.

    Raises:
        StageError: there are no test users, or a score is not a number.
    """
    holdout, items = holdout or dataset.test, dataset.items
    users = len(holdout.targets)
    if not users or not items:
        raise StageError(
            "nothing to score: the split has no test users or no items",
            remedy="check it with: rbench data describe PATH",
        )
    filtered = history(settings.filter_history, dataset.summary).filtered
    found = np.zeros(users, np.int32)
    deep = min(depth(), items)
    best = np.zeros((users, deep), np.int32)
    size = max(1, min(BATCH, CELLS // items))
    for start in range(0, users, size):
        stop = min(start + size, users)
        scores = scorer(contexts[start:stop])
        check(scores, (stop - start, items))
        allowed = rankable(holdout, start, stop, items, filtered)
        found[start:stop] = ranks(scores, holdout.targets[start:stop], allowed)
        shown = top(np.where(allowed, scores, -np.inf), deep)
        best[start:stop] = np.where(np.take_along_axis(allowed, shown - 1, axis=1), shown, 0)
        report(Progress(done=stop, total=users, text="users scored"))
    interactions = np.bincount(dataset.train.values, minlength=items + 1)
    return Outcome(
        ranks=found,
        lists=Lists(best, interactions),
        targets=holdout.targets,
        lengths=np.diff(holdout.histories.offsets),
    )


def check(scores: Scores, shape: tuple[int, int]) -> None:
    """Refuse what cannot be ranked.

    Raises:
        StageError: NaN among the scores, or not one column an item.
    """
    if scores.shape != shape:
        raise StageError(
            f"scores of shape {scores.shape}", allowed=f"{shape}: contexts x items of the catalogue"
        )
    if np.isnan(scores).any():
        row, column = np.argwhere(np.isnan(scores))[0]
        raise StageError(
            f"the score of item {column + 1} is not a number",
            where=f"context {row} of the batch",
            remedy="the training diverged or the compression overflowed: look at its losses",
        )
