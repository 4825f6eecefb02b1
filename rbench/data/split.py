"""Who is asked what: which part of each sequence trains, validates and tests.

In both splits a user's training sequence, and the history before a target, is a beginning of
the user's sequence. So a split is lengths and positions only.

**Leave one out.** A user's last item is the test target, the last but one the validation
target; what comes before trains. The history of a target is everything before it. A user with
fewer than three interactions has nothing to hold out and only trains.

With ``held_out`` more is held out of each user's end: the validation target is the first of it, and
what lies between that and the test target is history that training never saw. Of ``new_users``
nothing trains or validates.

**Global temporal.** Interactions from the test point on (a quantile of all times) are the
future, those from the validation point on (the same quantile of the times before the test
point) the near future; training ends at the validation point. A user with something before the
test point and something after it is a test user; the target is the user's *last* item and the
history everything before it, what lies between point and target included. Validation users are
found likewise between the two points. *Last* and not *first*, because it ranks models much more
as a replay of all future steps does (Kendall's tau .83 against .62 in "Time to Split",
RecSys 2025), and first targets are biased towards what users do on return.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rbench.data.dataset import Ids
from rbench.data.sequences import LEAST, Sequences
from rbench.data.settings import DataSettings
from rbench.data.times import show
from rbench.errors import DataError

NEW_USERS = 1
"""Seed of the draw of new users: the same log has the same ones."""


@dataclass(frozen=True)
class Questions:
    """Users with a target."""

    users: Ids
    """int32 ``(users,)``, ascending."""
    positions: NDArray[np.int64]
    """int64 ``(users,)``: where in the user's sequence the target stands. The history is all
    before it."""


@dataclass(frozen=True)
class Cut:
    """A split of sequences."""

    train: NDArray[np.int64]
    """int64 ``(all users,)``: how many interactions at the beginning of each sequence train."""
    validation: Questions
    test: Questions
    details: dict[str, str] = field(default_factory=dict)


def leave_one_out(log: Sequences, settings: DataSettings) -> Cut:
    """See the module.

    Raises:
        DataError: no user has an interaction more than are held out, which is three as a rule; or
            all who have are new users.
    """
    lengths, held = log.lengths, settings.held_out
    least = held + LEAST - 2
    users = np.flatnonzero(lengths >= least).astype(np.int32)
    if not len(users):
        raise DataError(
            f"the log is too short: no user has more than {int(lengths.max())} interactions",
            where=log.where,
            allowed=f"{least} and more: one to train on, one to validate and one to test"
            if least == LEAST
            else f"{least} and more: one to train on and held_out = {held}",
        )
    new = np.random.default_rng(NEW_USERS).random(len(users)) < settings.new_users
    if new.all():
        raise DataError(
            f"new_users = {settings.new_users:g} leaves none of {len(users)} users to train on",
            where=log.where,
            remedy="ask for fewer",
        )
    train = np.where(lengths >= least, lengths - held, lengths)
    train[users[new]] = 0
    known = users[~new]
    return Cut(
        train=train,
        validation=Questions(users=known, positions=lengths[known] - held),
        test=Questions(users=users, positions=lengths[users] - 1),
    )


def global_temporal(log: Sequences, settings: DataSettings) -> Cut:
    """See the module.

    Raises:
        DataError: the log has no times, or nothing lies on one side of a point.
    """
    times = log.times
    if times is None:
        raise DataError(
            "a log without times has no global temporal split",
            where=log.where,
            allowed="split = 'leave_one_out'",
        )
    quantile = settings.temporal_quantile
    ascending = np.sort(times)
    test_point = ascending[int(quantile * len(ascending))]
    past = ascending[: np.searchsorted(ascending, test_point)]
    if not len(past):
        raise _nothing(log, "no interaction lies before the test point")
    validation_point = past[int(quantile * len(past))]
    before_test = _counts(log, times < test_point)
    train = _counts(log, times < validation_point)
    if not train.any():
        raise _nothing(log, "no interaction lies before the validation point")
    cut = Cut(
        train=train,
        validation=_last(train, before_test),
        test=_last(before_test, log.lengths),
        details={
            "validation_point": show(validation_point, log.time_unit),
            "test_point": show(test_point, log.time_unit),
        },
    )
    for questions, what in ((cut.validation, "validation"), (cut.test, "test")):
        if not len(questions.users):
            raise _nothing(log, f"no user has interactions before and after the {what} point")
    return cut


SPLITS: dict[str, Callable[[Sequences, DataSettings], Cut]] = {
    "leave_one_out": leave_one_out,
    "global_temporal": global_temporal,
}


def _counts(log: Sequences, marks: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many of each user's interactions are marked."""
    sums: NDArray[np.int64] = np.concatenate([[0], np.cumsum(marks, dtype=np.int64)])
    return np.asarray(sums[log.items.offsets[1:]] - sums[log.items.offsets[:-1]])


def _last(start: NDArray[np.int64], end: NDArray[np.int64]) -> Questions:
    """Users with something before ``start`` and something from there to ``end``; its last."""
    users = np.flatnonzero((start > 0) & (end > start)).astype(np.int32)
    return Questions(users=users, positions=end[users] - 1)


def _nothing(log: Sequences, what: str) -> DataError:
    return DataError(
        f"the log is too short for this split: {what}",
        where=log.where,
        remedy="move temporal_quantile, or use split = 'leave_one_out'",
    )
