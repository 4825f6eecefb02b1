"""Windows: what a training step sees of the log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rbench.data.dataset import Columns, Ids, Ragged
from rbench.features import CONTEXT, Feature, Features
from rbench.features.feature import filled

SIZES = 8
"""Numbers of places that batches have: each is compiled for, and few are met."""


class Windows(NamedTuple):
    """Shifted pairs: after ``inputs.context[n, :t + 1]`` comes ``targets[n, t]``."""

    inputs: Features
    """Each ``(windows, length)``, padded on the left with 0; the moment of the request is that of
    the window's last target."""
    targets: Ids
    """int32 ``(windows, length)``, 0 where there is nothing to learn."""
    past: Sequence[Ids]
    """For each window, what its user had before it: int32 ``(any,)``."""


class Batch(NamedTuple):
    """One step's windows, with the positions that learn picked out."""

    inputs: dict[str, NDArray[Any]]
    """By name, ``(batch, length)`` each."""
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


def cut(
    sequences: Ragged,
    length: int,
    features: Sequence[Feature] = (),
    columns: Columns | None = None,
) -> Windows:
    """Cut every sequence into windows from its end: each pair of neighbours is learnt once, and
    no part of a long history is left out.

    Args:
        features: further inputs.
        columns: what they are made from, beside ``sequences.values``.
    """
    spans = [
        (index, max(0, end - length), end)
        for index, size in enumerate(np.diff(sequences.offsets).tolist())
        for end in range(size - 1, 0, -length)
    ]
    found = len(spans)
    arrays: dict[str, NDArray[Any]] = {CONTEXT: np.zeros((found, length), np.int32)}
    arrays |= {one.name: np.zeros((found, length), one.dtype) for one in features}
    targets, past = np.zeros((found, length), np.int32), []
    for row, (index, start, end) in enumerate(spans):
        sequence, first = sequences[index], sequences.offsets[index]
        arrays[CONTEXT][row] = filled(sequence[start:end], length, "int32")
        targets[row] = filled(sequence[start + 1 : end + 1], length, "int32")
        past.append(sequence[:start])
        for one in features:
            column = (columns or {})[one.column][first + start : first + end + 1]
            made = one.values(column[:-1], column[-1])
            arrays[one.name][row] = filled(made, length, one.dtype)
    return Windows(Features(arrays), targets, past)


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
        length = windows.inputs.length
        inputs = windows.inputs[chosen].map(lambda array: _filled_up(array, batch_size))
        targets = windows.targets[chosen].ravel()
        learning = np.flatnonzero(targets)
        filled = len(learning)
        places = _places_for(filled, batch_size * length)
        batch = Batch(
            inputs.arrays,
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
    length = windows.inputs.length
    had = np.full((batch_size, items), length, np.int32)
    for row, window in zip(had, chosen, strict=False):
        inputs = windows.inputs.context[window]
        filled = np.flatnonzero(inputs)
        np.minimum.at(row, inputs[filled] - 1, filled.astype(np.int32))
        row[windows.past[window] - 1] = 0
    return had


def _filled_up(rows: NDArray[Any], count: int) -> NDArray[Any]:
    """So many rows: 0 behind those that are there."""
    found = np.zeros((count, *rows.shape[1:]), rows.dtype)
    found[: len(rows)] = rows
    return found


def _places_for(filled: int, most: int) -> int:
    """The next of `SIZES` equal steps up to ``most``, each a multiple of 64."""
    step = -(-most // (SIZES * 64)) * 64
    return -(-filled // step) * step
