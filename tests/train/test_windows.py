"""Windows lose no pair of neighbours, repeat none, and show no target before its time."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbench.features.time_gaps import TimeGaps
from rbench.train.windows import SIZES, Windows, batches, count, cut

LENGTHS = st.lists(st.integers(0, 25), max_size=12)


def numbered(ragged, lengths):
    """Sequences in which every item is another one, so that each pair is one of a kind."""
    starts = np.cumsum([1, *lengths])
    return ragged([range(start, start + n) for start, n in zip(starts, lengths, strict=False)])


def pairs_of(inputs, targets) -> Counter[tuple[int, int]]:
    learning = targets > 0
    return Counter(zip(inputs[learning].tolist(), targets[learning].tolist(), strict=True))


@given(lengths=LENGTHS, length=st.integers(1, 9))
def test_each_pair_of_neighbours_is_learnt_exactly_once(ragged, lengths, length) -> None:
    sequences = numbered(ragged, lengths)
    windows = cut(sequences, length)
    expected = Counter(
        pair
        for index in range(len(sequences))
        for pair in zip(sequences[index].tolist(), sequences[index][1:].tolist(), strict=False)
    )
    assert pairs_of(windows.inputs.context, windows.targets) == expected


@given(lengths=LENGTHS, length=st.integers(1, 9))
def test_a_window_is_one_stretch_of_one_user_with_padding_in_front(ragged, lengths, length) -> None:
    windows = cut(numbered(ragged, lengths), length)
    assert windows.inputs.context.shape == windows.targets.shape
    assert windows.inputs.context.shape[1:] == (length,)
    assert windows.inputs.context.dtype == windows.targets.dtype == np.int32
    for inputs, targets in zip(windows.inputs.context, windows.targets, strict=True):
        filled = int((inputs > 0).sum())
        assert filled > 0
        assert (inputs[: length - filled] == 0).all()
        assert (np.diff(inputs[length - filled :]) == 1).all(), "a gap, or another user"
        assert np.array_equal(targets, np.where(inputs > 0, inputs + 1, 0))


def test_no_target_stands_at_or_before_its_own_position(ragged) -> None:
    windows = cut(numbered(ragged, [17, 5, 2]), 4)
    for inputs, targets in zip(windows.inputs.context, windows.targets, strict=True):
        for place in np.flatnonzero(targets):
            assert targets[place] not in inputs[: place + 1]


def test_a_known_answer(ragged) -> None:
    windows = cut(ragged([[7, 8, 9, 10, 11, 12]]), 3)
    assert windows.inputs.context.tolist() == [[9, 10, 11], [0, 7, 8]]
    assert windows.targets.tolist() == [[10, 11, 12], [0, 8, 9]]


@pytest.mark.parametrize("sequences", [[], [[]], [[3]], [[], [4], []]])
def test_users_without_a_pair_give_no_window(ragged, sequences) -> None:
    windows = cut(ragged(sequences), 5)
    assert windows.inputs.context.shape == windows.targets.shape == (0, 5)
    assert list(batches(windows, 4, np.random.default_rng(0))) == []


@given(lengths=LENGTHS, batch_size=st.integers(1, 7), seed=st.integers(0, 5))
def test_the_batches_of_an_epoch_learn_each_pair_once(ragged, lengths, batch_size, seed) -> None:
    windows = cut(numbered(ragged, lengths), 4)
    found: Counter[tuple[int, int]] = Counter()
    shapes = set()
    for batch in batches(windows, batch_size, np.random.default_rng(seed)):
        shapes.add((batch.inputs["context"].shape, batch.places.shape, batch.targets.shape))
        assert batch.weights.shape == batch.places.shape
        assert set(np.unique(batch.weights)) <= {0.0, 1.0}
        learning = batch.weights > 0
        assert learning.any(), "a step without anything to learn divides by zero"
        asked = batch.inputs["context"].ravel()[batch.places[learning]]
        found.update(zip(asked.tolist(), (batch.targets[learning] + 1).tolist(), strict=True))
        assert (batch.places[~learning] == 0).all()
        assert (batch.targets[~learning] == 0).all()
    assert found == pairs_of(windows.inputs.context, windows.targets)
    assert len({inputs for inputs, _, _ in shapes}) <= 1
    assert all(places % 64 == 0 for _, (places,), _ in shapes)


@pytest.mark.parametrize("seed", range(5))
def test_a_batch_has_few_more_places_than_learn_and_few_shapes(ragged, seed) -> None:
    lengths = [1 + 30] * 40 + [2] * 400
    windows = cut(numbered(ragged, lengths), 100)
    made = list(batches(windows, 32, np.random.default_rng(seed)))
    step = 32 * 100 // SIZES + 48  # 448, the next multiple of 64
    for batch in made:
        assert len(batch.places) % step == 0
        assert 0 <= len(batch.places) - batch.weights.sum() < step
    assert sum(batch.weights.sum() for batch in made) == 40 * 30 + 400


@given(lengths=LENGTHS, length=st.integers(1, 9))
def test_windows_are_counted_as_they_are_cut(ragged, lengths, length) -> None:
    sequences = numbered(ragged, lengths)
    assert count(sequences, length) == len(cut(sequences, length).inputs)


def test_epochs_differ_in_order_and_come_out_the_same_again(ragged) -> None:
    windows = cut(numbered(ragged, [5] * 40), 4)

    def order(epoch: int) -> list[int]:
        random = np.random.default_rng((1, epoch))
        return [
            int(row[-1]) for batch in batches(windows, 8, random) for row in batch.inputs["context"]
        ]

    assert order(0) == order(0)
    assert order(0) != order(1)
    assert sorted(order(0)) == sorted(order(1))


def test_batches_leave_the_windows_as_they_were(ragged) -> None:
    windows = cut(numbered(ragged, [9, 3]), 4)
    before = Windows(windows.inputs.map(np.copy), windows.targets.copy(), windows.past)
    for batch in batches(windows, 2, np.random.default_rng(0)):
        batch.inputs["context"][:] = 99
    assert np.array_equal(windows.inputs.context, before.inputs.context)
    assert np.array_equal(windows.targets, before.targets)


def test_what_a_user_has_had_is_told_from_which_position_on(ragged) -> None:
    windows = cut(ragged([[7, 8, 9, 8, 11, 12], [2, 1]]), 3)
    (batch,) = batches(windows, 4, np.random.default_rng(0), items=12)
    had = {tuple(batch.inputs["context"][row]): batch.had[row].tolist() for row in range(4)}
    never, before = 3, 0
    assert had == {
        # Of the windows 9 8 11 and _ 7 8; by position, in the order of ids.
        (9, 8, 11): [never] * 6 + [before, before, 0, never, 2, never],
        (0, 7, 8): [never] * 6 + [1, 2, never, never, never, never],
        (0, 0, 2): [never, 2] + [never] * 10,
        (0, 0, 0): [never] * 12,
    }


def test_nobody_counts_what_nobody_asked_for(ragged) -> None:
    (batch,) = batches(cut(ragged([[1, 2]]), 3), 1, np.random.default_rng(0))
    assert batch.had is None


def test_features_stand_beside_their_items_as_of_the_windows_last_target(ragged) -> None:
    times = np.array([10, 20, 50, 90, 100, 300, 1000])
    windows = cut(ragged([[7, 8, 9, 10, 11], [3, 4]]), 3, [TimeGaps()], {"time": times})
    assert windows.inputs.context.tolist() == [[8, 9, 10], [0, 0, 7], [0, 0, 3]]
    assert windows.inputs.arrays["ages"].tolist() == [[80, 50, 10], [0, 0, 10], [0, 0, 700]]
    (batch,) = batches(windows, 4, np.random.default_rng(0))
    rows = batch.inputs["context"].tolist()
    assert batch.inputs["ages"][rows.index([8, 9, 10])].tolist() == [80, 50, 10]
    assert batch.inputs["ages"][rows.index([0, 0, 0])].tolist() == [0, 0, 0]
