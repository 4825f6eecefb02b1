"""Calibration sees real contexts, and full ones among them whatever the histories' lengths."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbench.convert.calibration import FILLED, calibration_contexts
from rbench.data.dataset import Ragged


def with_lengths(dataset, lengths):
    """Users with so many items, all different and numbered through."""
    offsets = np.cumsum([0, *lengths]).astype(np.int64)
    return dataclasses.replace(
        dataset, train=Ragged(np.arange(1, offsets[-1] + 1, dtype=np.int32), offsets)
    )


@given(
    lengths=st.lists(st.integers(0, 12), min_size=1, max_size=8).filter(any),
    length=st.integers(1, 9),
    count=st.integers(0, 30),
    seed=st.integers(0, 3),
)
def test_contexts_are_stretches_of_histories_and_each_fourth_is_full(
    dataset, lengths, length, count, seed
) -> None:
    made = with_lengths(dataset, lengths)
    rows = calibration_contexts(made, length, count, seed).context
    assert rows.shape == (count, length)
    assert rows.dtype == np.int32
    starts = set((made.train.offsets[:-1] + 1).tolist())
    for number, row in enumerate(rows):
        filled = row[row > 0]
        assert len(filled)
        assert (row[: length - len(filled)] == 0).all(), "padding comes first"
        assert filled.max() <= made.train.offsets[-1]
        jumps = filled[1:][np.diff(filled) != 1].tolist()
        if number % FILLED:
            assert jumps == [], "one user's items, none left out"
        else:
            assert len(filled) == length
            assert set(jumps) <= starts, "what fills up is whole histories"


def test_the_seed_says_which(dataset) -> None:
    first, again, other = (calibration_contexts(dataset, 8, 50, seed).context for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_histories_are_cut_at_any_place(dataset) -> None:
    made = with_lengths(dataset, [6])
    rows = calibration_contexts(made, 8, 200, seed=1).context
    assert set(rows[:, -1].tolist()) == {1, 2, 3, 4, 5, 6}


@pytest.mark.parametrize("lengths", [[], [0, 0]])
def test_no_history_gives_no_context(dataset, lengths) -> None:
    found = calibration_contexts(with_lengths(dataset, lengths), 8, 50, seed=1)
    assert found.context.shape == (0, 8)
