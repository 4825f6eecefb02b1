"""Quarters of the users, and how well known what they are shown is; known answers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbench.metrics import Lists
from rbench.metrics.found import gains
from rbench.metrics.popularity import novelty, popularity_lift
from rbench.metrics.slices import slices


def test_quarters_of_eight_users() -> None:
    ranks = np.array([1, 1, 0, 0, 3, 3, 3, 3])
    lengths = np.array([10, 20, 30, 40, 50, 60, 70, 80])
    popularity = np.array([9, 9, 9, 5, 0, 2, 1, 1])
    found = slices(ranks, lengths, popularity, 20, 1)
    assert list(found) == ["short_histories", "long_histories", "rare_targets", "popular_targets"]
    seen = {name: (one.users, one.bound, round(one.ndcg.value, 9)) for name, one in found.items()}
    assert seen == {
        "short_histories": (3, 30, round(2 / 3, 9)),
        "long_histories": (3, 60, 0.5),
        "rare_targets": (3, 2, 0.5),
        "popular_targets": (3, 9, round(2 / 3, 9)),
    }
    assert all(one.ndcg.low <= one.ndcg.value <= one.ndcg.high for one in found.values())


def test_users_who_are_all_alike_are_one_slice_and_so_none() -> None:
    ranks, same = np.array([1, 2, 3]), np.array([7, 7, 7])
    assert slices(ranks, same, np.zeros(3, int), 20, 1) == {}
    assert slices(ranks, np.zeros(3, int), same, 20, 1) == {}


USERS = st.lists(
    st.tuples(st.integers(0, 50), st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=60
)


@given(users=USERS)
def test_slices_are_those_users(users: list[tuple[int, int, int]]) -> None:
    ranks, lengths, popularity = (np.array(column) for column in zip(*users, strict=True))
    found = slices(ranks, lengths, popularity, 5, 1)
    for low, high, values in (
        ("short_histories", "long_histories", lengths),
        ("rare_targets", "popular_targets", popularity),
    ):
        assert (low in found) == (high in found)
        if low not in found:
            continue
        assert found[low].bound < found[high].bound
        for name, chosen in (
            (low, (values > 0) & (values <= found[low].bound)),
            (high, values >= found[high].bound),
        ):
            assert found[name].users == chosen.sum() >= (values > 0).sum() / 4
            mean = gains("ndcg@10", ranks[chosen]).mean()
            assert found[name].ndcg.value == pytest.approx(mean)


def test_surprise_is_in_bits_and_popularity_a_multiple() -> None:
    interactions = np.array([0, 8, 4, 2, 2, 0])
    lists = Lists(np.array([[1, 2], [1, 0]]), interactions)
    assert novelty(lists) == pytest.approx((1 + 2 + 1) / 3)
    assert popularity_lift(lists, np.array([3, 0])) == pytest.approx((8 + 4 + 8) / 3 / 2)
    assert popularity_lift(lists, np.array([0, 0])) is None
    nothing = Lists(np.array([[0, 5]]), interactions)
    assert novelty(nothing) is None
    assert popularity_lift(nothing, np.array([3])) is None


def test_ten_of_a_list_count() -> None:
    interactions = np.array([0, *[1] * 10, 1000])
    lists = Lists(np.arange(1, 12)[None], interactions)
    assert popularity_lift(lists, np.array([1])) == pytest.approx(1)
