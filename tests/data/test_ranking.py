"""The ranking rule, against a sort in plain Python."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbench.data.dataset import Holdout, Ragged
from rbench.data.ranking import rankable, ranks, top

SCORES = st.sampled_from([-np.inf, -1.5, -1.0, -0.0, 0.0, 0.5, 2.0, np.inf])


def sorted_ids(scores: list[float], allowed: list[bool]) -> list[int]:
    """Item ids by descending score, ties to the lower id."""
    ids = [column + 1 for column, may in enumerate(allowed) if may]
    return sorted(ids, key=lambda item: (-scores[item - 1], item))


@given(st.data())
def test_ranks_are_places_in_the_sorted_list(data: st.DataObject) -> None:
    items = data.draw(st.integers(1, 12))
    scores = data.draw(st.lists(SCORES, min_size=items, max_size=items))
    allowed = data.draw(st.lists(st.booleans(), min_size=items, max_size=items))
    target = data.draw(st.integers(0, items))
    order = sorted_ids(scores, allowed)
    expected = order.index(target) + 1 if target in order else 0
    found = ranks(np.array([scores], np.float32), np.array([target], np.int32), np.array([allowed]))
    assert found.tolist() == [expected]


@given(st.data())
def test_top_is_the_head_of_the_sorted_list(data: st.DataObject) -> None:
    items = data.draw(st.integers(1, 12))
    row = st.lists(SCORES, min_size=items, max_size=items)
    scores = data.draw(st.lists(row, min_size=1, max_size=4))
    k = data.draw(st.integers(1, 14))
    expected = [sorted_ids(line, [True] * items)[:k] for line in scores]
    assert top(np.array(scores, np.float32), k).tolist() == expected


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int16, np.float64])
def test_top_takes_any_number_type(kind: type) -> None:
    low, high = (0, 255) if kind is np.uint8 else (-128, 127)
    scores = np.array([[low, high, low, high, 5]]).astype(kind)
    assert top(scores, 5).tolist() == [[2, 4, 5, 1, 3]]


def test_history_is_not_rankable_and_unseen_items_do_not_matter() -> None:
    histories = Ragged(np.array([1, 0, 2, 0, 4, 4], np.int32), np.array([0, 3, 3, 6]))
    held = Holdout(histories, np.full(3, 3, np.int32), np.arange(3, dtype=np.int32))
    allowed = rankable(held, 0, 3, 4, True)
    assert allowed.tolist() == [
        [False, False, True, True],
        [True, True, True, True],
        [True, True, True, False],
    ]
    assert rankable(held, 1, 3, 4, True).tolist() == allowed[1:].tolist()
    assert rankable(held, 0, 3, 4, False).all()


def test_some_users_of_a_holdout_keep_their_histories() -> None:
    histories = Ragged(np.array([1, 0, 2, 4, 3], np.int32), np.array([0, 3, 3, 5]))
    held = Holdout(histories, np.array([5, 6, 7], np.int32), np.array([10, 11, 12], np.int32))
    some = held.of(np.array([2, 1]))
    assert [some.histories[n].tolist() for n in range(2)] == [[4, 3], []]
    assert some.targets.tolist() == [7, 6]
    assert some.users.tolist() == [12, 11]
    assert len(held.of(np.zeros(0, np.int64)).targets) == 0
