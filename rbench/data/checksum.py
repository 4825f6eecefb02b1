"""The checksum of a split: two scores may be compared if their splits' checksums are equal.

It covers who is asked what, with which history, and what everybody's training sequence is; all
by the names that stand in the log, users and items taken in the order of their names. So it
does not depend on the machine, nor on the format that the log came in.
"""

from __future__ import annotations

import hashlib

import msgspec
import numpy as np
from numpy.typing import NDArray

from rbench.data.sequences import Sequences
from rbench.data.split import Cut, Questions


def checksum(log: Sequences, cut: Cut) -> str:
    """sha256 in hex."""
    digest = hashlib.sha256(b"rbench split 1\n")
    users, _ = _by_name(log.user_names)
    items, rank = _by_name(log.item_names)
    for names, order in ((log.user_names, users), (log.item_names, items)):
        digest.update(msgspec.json.encode([names[at] for at in order]) + b"\n")
    lengths = np.stack(
        [
            log.lengths,
            cut.train,
            _positions(cut.validation, len(users)),
            _positions(cut.test, len(users)),
        ],
        axis=1,
    )
    digest.update(np.ascontiguousarray(lengths[users], "<i8").tobytes())
    for user in users:
        digest.update(rank[log.items[user]].tobytes())
    return digest.hexdigest()


def _by_name(names: tuple[str, ...]) -> tuple[list[int], NDArray[np.int32]]:
    """Codes in the order of their names, and the place of each code in that order."""
    order = sorted(range(len(names)), key=names.__getitem__)
    rank = np.zeros(len(names), "<i4")
    rank[order] = np.arange(len(names))
    return order, rank


def _positions(questions: Questions, users: int) -> NDArray[np.int64]:
    """int64 ``(all users,)``: where each target stands, -1 for users without."""
    positions = np.full(users, -1, np.int64)
    positions[questions.users] = questions.positions
    return positions
