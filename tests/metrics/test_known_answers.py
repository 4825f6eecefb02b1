"""Ranks to gains, against the definitions spelt out one user at a time."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbench.metrics import Lists
from rbench.metrics.coverage import coverage
from rbench.metrics.found import gains, names
from rbench.metrics.validation import validation_scores

METRICS = ("recall@1", "recall@5", "recall@10", "recall@20", "ndcg@10", "mrr")
"""Of rbench itself, in the order of records."""


def table(ranks: np.ndarray) -> np.ndarray:
    return np.stack([gains(name, ranks) for name in METRICS], axis=-1)


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
    np.testing.assert_allclose(table(np.array(ranks, np.int32)), expected, rtol=1e-12)


@given(st.integers(1, 1000))
def test_a_better_rank_never_gains_less(rank: int) -> None:
    worse, better = table(np.array([rank + 1, rank]))
    assert (better >= worse).all()


@pytest.mark.parametrize(
    ("rank", "expected"), [(1, 1.0), (3, 0.5), (10, 0.2890648263178879), (11, 0.0), (0, 0.0)]
)
def test_ndcg_known_values(rank: int, expected: float) -> None:
    assert gains("ndcg@10", np.array([rank]))[0] == pytest.approx(expected)


def test_what_cannot_be_ranked_is_a_miss_everywhere() -> None:
    nothing = np.array([0])
    assert not table(nothing).any()


def test_mrr_sees_the_whole_ranking() -> None:
    assert gains("mrr", np.array([4000]))[0] == 1 / 4000


def test_any_cutoff_can_be_asked_of_ranks() -> None:
    ranks = np.array([3, 4, 0])
    assert gains("recall@3", ranks).tolist() == [1, 0, 0]
    assert gains("ndcg@3", ranks).tolist() == [0.5, 0, 0]


@pytest.mark.parametrize("name", ["coverage", "ndcg@0", "ndcg", "mrr@3", "ndcg@1000000", "", "@3"])
def test_what_ranks_do_not_tell(name: str) -> None:
    assert gains(name, np.array([1])) is None


def test_ours_are_recorded_in_the_order_of_records() -> None:
    assert names() == METRICS


def test_validation_scores_are_the_metrics_of_that_name() -> None:
    ranks = np.array([1, 3, 11, 0])
    assert validation_scores(ranks) == {"ndcg@10": 1.5 / 4, "recall@10": 0.5}
    assert validation_scores(ranks[:0]) == {"ndcg@10": 0.0, "recall@10": 0.0}


def test_coverage_counts_what_anybody_is_shown() -> None:
    """Items 1, 2 and 4 of five; 0 is nothing, and the eleventh place is not looked at."""
    items = np.array([[1, 2] + [0] * 8 + [5], [2, 4] + [0] * 8 + [3]], np.int32)
    assert coverage(Lists(items, np.zeros(6, np.int64))) == 3 / 5
