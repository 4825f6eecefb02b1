"""The one rule by which items are ranked: best score first, ties to the lower item id.

It is TOPK_V2's own rule, so what is measured is what the file would return. Scores stand in
columns: column j is item j + 1. Source: tensorflow/lite/kernels/topk_v2.cc.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbench.data.dataset import Holdout, Ids

Scores = NDArray[np.float32]
Mask = NDArray[np.bool_]


def rankable(holdout: Holdout, start: int, stop: int, items: int, filter_history: bool) -> Mask:
    """Which items may be ranked for users ``start`` to ``stop``: bool ``(stop - start, items)``."""
    allowed = np.ones((stop - start, items), bool)
    if filter_history:
        histories = holdout.histories
        offsets = histories.offsets[start : stop + 1]
        rows = np.repeat(np.arange(stop - start), np.diff(offsets))
        touched = histories.values[offsets[0] : offsets[-1]]
        allowed[rows[touched > 0], touched[touched > 0] - 1] = False
    return allowed


def ranks(scores: Scores, targets: Ids, allowed: Mask) -> Ids:
    """The place of each target among the items allowed, counted from 1.

    Args:
        scores: float32 ``(n, items)``, no NaN.
        targets: int32 ``(n,)`` item ids; 0 for an item that has no column.
        allowed: bool ``(n, items)``.

    Returns:
        int32 ``(n,)``; 0 where the target has no column or is not allowed.
    """
    rows = np.arange(len(targets))
    columns = np.maximum(targets, 1) - 1
    wanted = scores[rows, columns][:, None]
    better = scores > wanted
    better |= (scores == wanted) & (np.arange(scores.shape[1]) < columns[:, None])
    better &= allowed
    found = (targets > 0) & allowed[rows, columns]
    return np.where(found, 1 + better.sum(axis=1), 0).astype(np.int32)


def top(scores: NDArray[Any], k: int) -> Ids:
    """The k best items of each row, best first: ``(n, items)`` -> item ids, int32 ``(n, k)``.

    Args:
        scores: no NaN. Any number type.
        k: cut to the number of items.
    """
    count, items = scores.shape
    k = min(k, items)
    bar = np.partition(scores, items - k, axis=1)[:, items - k, None]
    above = scores > bar
    level = scores == bar
    room = k - above.sum(axis=1, keepdims=True)
    chosen = above | (level & (np.cumsum(level, axis=1) <= room))
    columns = np.nonzero(chosen)[1].reshape(count, k)
    held = np.take_along_axis(scores, columns, axis=1)
    # A stable ascending sort of the mirrored rows, mirrored back: descending scores, lower ids
    # first among equals, for unsigned types and -inf too, where negation would not do.
    order = k - 1 - np.argsort(held[:, ::-1], axis=1, kind="stable")[:, ::-1]
    return (np.take_along_axis(columns, order, axis=1) + 1).astype(np.int32)
