"""From a log to one sequence a user: order by time, copies out, k-core."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbench.data.dataset import Ids, Ragged
from rbench.data.log import Log, Times
from rbench.data.moments import whole_days
from rbench.data.settings import Duplicates, Repeats
from rbench.data.times import show
from rbench.errors import DataError

LEAST = 3
"""Interactions that a user needs to be trained on, validated and tested."""


@dataclass(frozen=True)
class Sequences:
    """What each user did, oldest first. Users and items are codes from 0, by first appearance."""

    where: str
    items: Ragged
    """One sequence of item codes a user."""
    times: Times | None
    """``(interactions,)``, beside ``items.values``."""
    time_unit: str
    user_names: tuple[str, ...]
    item_names: tuple[str, ...]
    dropped: dict[str, int]
    """What was dropped -> how many."""
    beside: Mapping[str, NDArray[np.str_]] = field(default_factory=dict)
    """Further columns, beside ``items.values``."""

    @property
    def lengths(self) -> NDArray[np.int64]:
        """int64 ``(users,)``."""
        return np.diff(self.items.offsets)

    def beginnings(self, users: NDArray[Any], lengths: NDArray[np.int64]) -> Ragged:
        """The first so many items of each of these users, as codes."""
        places = self.places(users, lengths)
        return Ragged(values=self.items.values[places], offsets=offsets_of(lengths))

    def places(self, users: NDArray[Any], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where the first so many items of each of these users stand in ``items.values``."""
        offsets = offsets_of(lengths)
        shifts = self.items.offsets[users] - offsets[:-1]
        places: NDArray[np.int64] = np.arange(offsets[-1]) + np.repeat(shifts, lengths)
        return places

    def at(self, users: NDArray[Any], positions: NDArray[np.int64]) -> Ids:
        """int32 ``(len(users),)``: the code at one position of each of these users."""
        codes: Ids = self.items.values[self.items.offsets[users] + positions]
        return codes


def sequences(
    log: Log,
    min_interactions: int,
    duplicates: Duplicates = "refuse",
    repeats: Repeats = "keep",
    least: int = 2,
) -> Sequences:
    """Order, clean and filter a log.

    - Order is by time, and where times are equal as in the file: a stable sort.
    - A row with the same user, item and time as an earlier one is a copy: refused, dropped or
      kept, as ``duplicates`` says. The same item at another time is a real repeat and stays.
    - An item that a user met just before is one interaction with it, where ``repeats`` is
      ``collapse``.
    - The k-core is iterative: users and items with fewer than ``min_interactions`` go, until
      none is left to go.

    Args:
        least: users, and items, that there must be.

    Raises:
        DataError: there are copies, or what is left is empty, or has one user or one item only.
    """
    if not len(log.users):
        raise DataError("the log is empty", where=log.where, allowed="at least one interaction")
    order = _order(log)
    copied = _copies(log, order)
    if duplicates == "refuse" and copied.any():
        raise _copies_found(log, order[copied])
    kept = order[~copied] if duplicates == "drop" else order
    copies = len(order) - len(kept)
    if repeats == "collapse":
        users, items = log.users[kept], log.items[kept]
        again = (users[1:] == users[:-1]) & (items[1:] == items[:-1])
        kept = kept[np.concatenate([[True], ~again])]
    collapsed = len(order) - copies - len(kept)
    before = len(kept)
    kept = kept[_core(log.users[kept], log.items[kept], min_interactions)]
    if not len(kept):
        raise DataError(
            f"nothing is left of {before} interactions after the {min_interactions}-core",
            where=log.where,
            remedy="lower min_interactions",
        )
    users, user_names = _renumber(log.users, kept, log.user_names)
    items, item_names = _renumber(log.items, kept, log.item_names)
    if least > 1:
        _enough(log.where, len(user_names), len(item_names), len(kept))
    lengths = np.bincount(users, minlength=len(user_names))
    return Sequences(
        where=log.where,
        items=Ragged(values=items, offsets=offsets_of(lengths)),
        times=None if log.times is None else log.times[kept],
        time_unit=log.time_unit,
        user_names=user_names,
        item_names=item_names,
        dropped={
            "copies": copies,
            "repeats": collapsed,
            "interactions": before - len(kept),
            "users": len(log.user_names) - len(user_names),
            "items": len(log.item_names) - len(item_names),
        },
        beside={name: texts[kept] for name, texts in log.beside.items()},
    )


def offsets_of(lengths: NDArray[Any]) -> NDArray[np.int64]:
    """int64 ``(len(lengths) + 1,)``: where sequences of these lengths begin and end."""
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)


def _order(log: Log) -> NDArray[np.int64]:
    """Rows by user, then time, then place in the file."""
    if log.times is None:
        return np.argsort(log.users, kind="stable")
    key = _one_key(log)
    if key is None:
        return np.lexsort((log.times, log.users))
    # Sorting one key without a promise about ties, and ties afterwards, takes a third of the time.
    order = np.argsort(key)
    ordered = key[order]
    tied = _tied(ordered[1:] == ordered[:-1])
    order[tied] = order[tied][np.lexsort((order[tied], key[order[tied]]))]
    return order


def _one_key(log: Log) -> NDArray[np.int64] | None:
    """int64 ``(rows,)`` in the order of users, then times; None where 64 bits do not hold both."""
    if log.times is None or log.times.dtype != np.int64:
        return None
    times: NDArray[np.int64] = log.times.astype(np.int64, copy=False)
    first, span = int(times.min()), int(times.max()) - int(times.min()) + 1
    if (int(log.users.max()) + 1) * span > np.iinfo(np.int64).max:
        return None
    return log.users.astype(np.int64) * span + (times - first)


def _tied(equal: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Places that are equal to a neighbour, given which are equal to the next one."""
    same = np.concatenate([[False], equal, [False]])
    return np.flatnonzero(same[1:] | same[:-1])


def _copies(log: Log, order: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which rows, in this order, have the user, item and time of an earlier one."""
    copies = np.zeros(len(order), np.bool_)
    if log.times is None:
        return copies
    users, times = log.users[order], log.times[order]
    # No other row can be a copy.
    tied = _tied((users[1:] == users[:-1]) & (times[1:] == times[:-1]))
    users, items, times = users[tied], log.items[order[tied]], times[tied]
    by_item = np.lexsort((items, times, users))  # stable: first in the file comes first
    again = np.ones(max(len(tied) - 1, 0), np.bool_)
    for key in (users, items, times):
        again &= key[by_item][1:] == key[by_item][:-1]
    copies[tied[by_item[1:][again]]] = True
    return copies


def _copies_found(log: Log, copies: NDArray[np.int64]) -> DataError:
    row = int(copies.min())
    assert log.times is not None  # without times nothing is a copy
    user, item, time = log.users[row], log.items[row], log.times[row]
    same = (log.users == user) & (log.items == item) & (log.times == time)
    days = ""
    if whole_days(log.times, log.time_unit):
        days = "all times are whole days, so these may be real repeats; "
    more = f", and {len(copies) - 1:,} more" if len(copies) > 1 else ""
    return DataError(
        f"interaction {row + 1:,} repeats interaction {int(np.flatnonzero(same)[0]) + 1:,}: user "
        f"{log.user_names[user]!r}, item {log.item_names[item]!r}, "
        f"time {show(time, log.time_unit)}{more}",
        where=log.where,
        allowed="one row for each user, item and time",
        remedy=f"{days}clean the log, or say --duplicates drop or --duplicates keep "
        '(duplicates = "drop" in [data] of a study)',
    )


def _core(users: Ids, items: Ids, k: int) -> NDArray[np.bool_]:
    """Which interactions belong to the k-core."""
    keep = np.ones(len(users), np.bool_)
    while k > 1:
        count = int(keep.sum())
        for codes in (users, items):
            keep &= np.bincount(codes[keep], minlength=int(codes.max()) + 1)[codes] >= k
        if keep.sum() in (0, count):
            break
    return keep


def _renumber(
    codes: Ids, kept: NDArray[np.int64], names: tuple[str, ...]
) -> tuple[Ids, tuple[str, ...]]:
    """The kept codes without gaps, still by first appearance; and their names."""
    used = np.zeros(len(names), np.bool_)
    used[codes[kept]] = True
    new = (np.cumsum(used) - 1).astype(np.int32)
    return new[codes[kept]], tuple(name for name, use in zip(names, used, strict=True) if use)


def _enough(where: str, users: int, items: int, interactions: int) -> None:
    for count, what in ((users, "user"), (items, "item")):
        if count < 2:
            raise DataError(
                f"only one {what} in {interactions} interactions",
                where=where,
                allowed=f"at least 2 {what}s",
                remedy=f"is the right column read as the {what}?",
            )
