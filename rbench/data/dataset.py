"""A log, understood: integer sequences, a vocabulary, a split and its checksum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rbench.records import DataSummary

Ids = NDArray[np.int32]


@dataclass(frozen=True)
class Ragged:
    """Sequences of unlike lengths in two arrays: sequence n is values[offsets[n]:offsets[n+1]]."""

    values: Ids
    """int32 ``(total,)``."""
    offsets: NDArray[np.int64]
    """int64 ``(sequences + 1,)``, first 0, last total."""

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> Ids:
        return self.values[self.offsets[index] : self.offsets[index + 1]]


@dataclass(frozen=True)
class Holdout:
    """Users with something held out: their history, oldest first, and the one target after it."""

    histories: Ragged
    """Everything known of each user before the target; never-seen items (id 0) included as 0."""
    targets: Ids
    """int32 ``(users,)``; 0 where the target is outside the vocabulary and cannot be found."""
    users: Ids
    """int32 ``(users,)``: row of the user in the log's order of first appearance."""

    def of(self, chosen: NDArray[np.int64]) -> Holdout:
        """The same for some of the users only, by their place here."""
        histories = [self.histories[int(place)] for place in chosen]
        offsets = np.cumsum([0, *map(len, histories)], dtype=np.int64)
        values = np.concatenate([np.zeros(0, np.int32), *histories])
        return Holdout(Ragged(values, offsets), self.targets[chosen], self.users[chosen])

    def contexts(self, length: int) -> Ids:
        """The newest ``length`` known items of each history, padded on the left with 0:
        int32 ``(users, length)``. Never-seen items are left out, not padded in the middle.
        """
        rows = np.zeros((len(self.targets), length), np.int32)
        for row, index in zip(rows, range(len(self.targets)), strict=True):
            history = self.histories[index]
            known = history[history > 0][-length:]
            if len(known):
                row[-len(known) :] = known
        return rows


@dataclass(frozen=True)
class Dataset:
    """What every later stage works on.

    Ids are dense: 0 is padding and whatever training never saw, 1..catalogue are the items that
    training saw, most interactions first, ties by first appearance.
    """

    summary: DataSummary
    vocabulary: tuple[str, ...]
    """Item ids as they stand in the log, by dense id; ``vocabulary[0] == ""``."""
    train: Ragged
    """One sequence a user of the log, oldest first, in the log's order of first appearance; empty
    for users who come after a global temporal split's training."""
    validation: Holdout
    test: Holdout

    @property
    def items(self) -> int:
        """Number of recommendable items; ids run from 1 to this."""
        return len(self.vocabulary) - 1
