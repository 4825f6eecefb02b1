"""Ranks to gains, against the definitions spelt out one user at a time."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbench.evaluate.metrics import METRICS, gains, ndcg, recall, reciprocal


def spelt_out(rank: int) -> dict[str, float]:
    """The definitions, as a list of hits down the ranking and its ideal."""
    if rank == 0:
        return dict.fromkeys(METRICS, 0.0)
    hits = [position == rank for position in range(1, max(rank, 20) + 1)]
    found = {f"recall@{k}": float(sum(hits[:k])) for k in (1, 5, 10, 20)}
    found["ndcg@10"] = sum(
        hit / math.log2(position + 1) for position, hit in enumerate(hits[:10], start=1)
    ) / (1 / math.log2(2))
    found["mrr"] = 1 / (hits.index(True) + 1)
    return found


@given(st.lists(st.integers(0, 60), min_size=1, max_size=30))
def test_gains_follow_the_definitions(ranks: list[int]) -> None:
    expected = [[spelt_out(rank)[name] for name in METRICS] for rank in ranks]
    np.testing.assert_allclose(gains(np.array(ranks, np.int32)), expected, rtol=1e-12)


@given(st.integers(1, 1000))
def test_a_better_rank_never_gains_less(rank: int) -> None:
    worse, better = gains(np.array([rank + 1, rank]))
    assert (better >= worse).all()


@pytest.mark.parametrize(
    ("rank", "expected"), [(1, 1.0), (3, 0.5), (10, 0.2890648263178879), (11, 0.0), (0, 0.0)]
)
def test_ndcg_known_values(rank: int, expected: float) -> None:
    assert ndcg(np.array([rank]), 10)[0] == pytest.approx(expected)


def test_what_cannot_be_ranked_is_a_miss_everywhere() -> None:
    nothing = np.array([0])
    assert recall(nothing, 20)[0] == ndcg(nothing, 10)[0] == reciprocal(nothing)[0] == 0


def test_mrr_sees_the_whole_ranking() -> None:
    assert reciprocal(np.array([4000]))[0] == 1 / 4000
