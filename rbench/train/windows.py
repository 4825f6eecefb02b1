"""Windows: what a training step sees of the log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rbench.data.dataset import Ids, Ragged

SIZES = 8
"""Numbers of places that batches have: each is compiled for, and few are met."""


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


def count(sequences: Ragged, length: int) -> int:
    """How many windows `cut` makes."""
    pairs = np.maximum(np.diff(sequences.offsets) - 1, 0)
    return int((-(-pairs // length)).sum())


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
    """One epoch in random order. Batches have one shape, the last one filled up, but for the number
    of places, which is one of `SIZES`: what stands beside padding is not computed.

    Args:
        items: size of the catalogue, where `Batch.had` is wanted.
    """
    found = len(windows.inputs)
    order = random.permutation(found)
    for start in range(0, found, batch_size):
        chosen = order[start : start + batch_size]
        length = windows.inputs.shape[1]
        inputs = np.zeros((batch_size, length), np.int32)
        inputs[: len(chosen)] = windows.inputs[chosen]
        targets = windows.targets[chosen].ravel()
        learning = np.flatnonzero(targets)
        filled = len(learning)
        places = _places_for(filled, batch_size * length)
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


def _places_for(filled: int, most: int) -> int:
    """The next of `SIZES` equal steps up to ``most``, each a multiple of 64."""
    step = -(-most // (SIZES * 64)) * 64
    return -(-filled // step) * step
