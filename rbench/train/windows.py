"""Windows: what a training step sees of the log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rbench.data.dataset import Ids, Ragged


class Windows(NamedTuple):
    """Shifted pairs: after ``inputs[n, :t + 1]`` comes ``targets[n, t]``."""

    inputs: Ids
    """int32 ``(windows, length)``, padded on the left with 0."""
    targets: Ids
    """int32 ``(windows, length)``, 0 where there is nothing to learn."""
    past: Sequence[Ids]
    """For each window, what its user had before it: int32 ``(any,)``."""


class Batch(NamedTuple):
    """One step's windows, with the positions that learn picked out."""

    inputs: Ids
    """int32 ``(batch, length)``."""
    places: Ids
    """int32 ``(places,)``: flat positions batch x length; filled up with 0."""
    targets: Ids
    """int32 ``(places,)``: column of the item that comes next (its id less 1)."""
    weights: NDArray[np.float32]
    """float32 ``(places,)``: 1, and 0 where filled up."""
    had: Ids | None = None
    """int32 ``(batch, items)``: from which position on the user has had the item, ``length`` where
    not at all; None where nobody asked."""


def cut(sequences: Ragged, length: int) -> Windows:
    """Cut every sequence into windows from its end: each pair of neighbours is learnt once, and
    no part of a long history is left out.
    """
    inputs, targets, past = [], [], []
    for index in range(len(sequences)):
        sequence = sequences[index]
        for end in range(len(sequence) - 1, 0, -length):
            start = max(0, end - length)
            inputs.append(_padded(sequence[start:end], length))
            targets.append(_padded(sequence[start + 1 : end + 1], length))
            past.append(sequence[:start])
    if not inputs:
        return Windows(np.zeros((0, length), np.int32), np.zeros((0, length), np.int32), ())
    return Windows(np.stack(inputs), np.stack(targets), past)


def _padded(sequence: Ids, length: int) -> Ids:
    row = np.zeros(length, np.int32)
    row[length - len(sequence) :] = sequence
    return row


def batches(
    windows: Windows, batch_size: int, random: np.random.Generator, *, items: int | None = None
) -> Iterator[Batch]:
    """One epoch in random order; every batch has the same shape, the last one is filled up.

    Args:
        items: size of the catalogue, where `Batch.had` is wanted.
    """
    count = len(windows.inputs)
    places = _places_needed(windows, batch_size)
    order = random.permutation(count)
    for start in range(0, count, batch_size):
        chosen = order[start : start + batch_size]
        length = windows.inputs.shape[1]
        inputs = np.zeros((batch_size, length), np.int32)
        inputs[: len(chosen)] = windows.inputs[chosen]
        targets = windows.targets[chosen].ravel()
        learning = np.flatnonzero(targets)
        filled = len(learning)
        batch = Batch(
            inputs,
            np.zeros(places, np.int32),
            np.zeros(places, np.int32),
            np.zeros(places, np.float32),
            None if items is None else _had(windows, chosen, batch_size, items),
        )
        batch.places[:filled] = learning
        batch.targets[:filled] = targets[learning] - 1
        batch.weights[:filled] = 1
        yield batch


def _had(windows: Windows, chosen: NDArray[np.int64], batch_size: int, items: int) -> Ids:
    length = windows.inputs.shape[1]
    had = np.full((batch_size, items), length, np.int32)
    for row, window in zip(had, chosen, strict=False):
        inputs = windows.inputs[window]
        filled = np.flatnonzero(inputs)
        np.minimum.at(row, inputs[filled] - 1, filled.astype(np.int32))
        row[windows.past[window] - 1] = 0
    return had


def _places_needed(windows: Windows, batch_size: int) -> int:
    """The most positions that any batch can have to learn, rounded up to a multiple of 64."""
    filled = np.sort(np.count_nonzero(windows.targets, axis=1))[-batch_size:].sum()
    return max(64, -(-int(filled) // 64) * 64)
