"""A log, understood: integer sequences, a vocabulary, a split and its checksum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbench.features import CONTEXT, Feature, Features
from rbench.features.feature import filled
from rbench.records import DataSummary

Ids = NDArray[np.int32]
Columns = Mapping[str, NDArray[Any]]
"""Column of the log, as `rbench.features.Feature.column` names it -> its values."""


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
    columns: Columns = field(default_factory=dict)
    """Values beside ``histories.values``."""
    now: Columns = field(default_factory=dict)
    """Values at each target, ``(users,)``: the moment of the request."""

    def of(self, chosen: NDArray[np.int64]) -> Holdout:
        """The same for some of the users only, by their place here."""
        offsets = self.histories.offsets
        lengths = np.diff(offsets)[chosen]
        ends = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        places = np.arange(ends[-1]) + np.repeat(offsets[:-1][chosen] - ends[:-1], lengths)
        return Holdout(
            Ragged(self.histories.values[places], ends),
            self.targets[chosen],
            self.users[chosen],
            {name: values[places] for name, values in self.columns.items()},
            {name: values[chosen] for name, values in self.now.items()},
        )

    def contexts(self, length: int) -> Ids:
        """The newest ``length`` known items of each history, padded on the left with 0:
        int32 ``(users, length)``. Never-seen items are left out, not padded in the middle.
        """
        return self.features(length).context

    def features(self, length: int, features: Sequence[Feature] = ()) -> Features:
        """The contexts, and what features make of the columns beside them."""
        users = len(self.targets)
        arrays: dict[str, NDArray[Any]] = {CONTEXT: np.zeros((users, length), np.int32)}
        arrays |= {one.name: np.zeros((users, length), one.dtype) for one in features}
        for index in range(users):
            start, history = self.histories.offsets[index], self.histories[index]
            places = np.flatnonzero(history)[-length:]
            arrays[CONTEXT][index] = filled(history[places], length, "int32")
            for one in features:
                column, now = self.columns[one.column], self.now[one.column][index]
                made = one.values(column[start + places], now)
                arrays[one.name][index] = filled(made, length, one.dtype)
        return Features(arrays)


@dataclass(frozen=True)
class ItemFeatures:
    """What is known of the items beside their interactions: each has some of a few values.

    Row r is item r + 1, as in the item table.
    """

    values: Ragged
    """int32, from 0: the values of each item."""
    weights: NDArray[np.float32]
    """Beside ``values.values``: how much of the value's vector the item gets."""
    names: tuple[str, ...]
    """Of the values: ``genres=Comedy``."""

    @property
    def items(self) -> int:
        """How many rows there are."""
        return len(self.values)

    def matrix(self) -> NDArray[np.float32]:
        """Dense, ``(items, values)``."""
        made = np.zeros((self.items, len(self.names)), np.float32)
        np.add.at(made, (self.rows(), self.values.values), self.weights)
        return made

    def rows(self) -> NDArray[np.int64]:
        """The item of each value, beside ``values.values``."""
        return np.repeat(np.arange(self.items), np.diff(self.values.offsets))


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
    columns: Columns = field(default_factory=dict)
    """Values beside ``train.values``, of the columns that were asked for."""
    item_features: ItemFeatures | None = None
    """What a table of the items says, where there is one."""

    @property
    def items(self) -> int:
        """Number of recommendable items; ids run from 1 to this."""
        return len(self.vocabulary) - 1
