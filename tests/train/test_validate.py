"""Validation against brute force, and against `rbench.evaluate`, which has the last word."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbench.data.ranking import rankable, ranks
from rbench.metrics.found import gains
from rbench.train import validate
from rbench.train.validate import Validator

ITEMS = 14


@st.composite
def questions(draw):
    """Histories (never-seen items among them), targets (unknown ones too), and scores with ties."""
    users = draw(st.integers(1, 6))
    ids = st.integers(0, ITEMS)
    histories = draw(st.lists(st.lists(ids, max_size=ITEMS), min_size=users, max_size=users))
    targets = draw(st.lists(ids, min_size=users, max_size=users))
    level = st.integers(-3, 3)
    row = st.lists(level, min_size=ITEMS, max_size=ITEMS)
    scores = draw(st.lists(row, min_size=users, max_size=users))
    return histories, targets, np.array(scores, np.float32)


def place(history: list[int], target: int, scores: list[float]) -> int:
    """The slow way: sort what may be ranked, best first, ties to the lower id."""
    order = sorted(
        (item for item in range(1, ITEMS + 1) if item not in history),
        key=lambda item: (-scores[item - 1], item),
    )
    return order.index(target) + 1 if target in order else 0


@given(asked=questions())
def test_the_scores_are_those_of_brute_force(holdout, asked) -> None:
    histories, targets, scores = asked
    found = Validator(holdout(histories, targets), 5, 100, seed=1)(lambda contexts: scores)
    places = [place(*each) for each in zip(histories, targets, scores.tolist(), strict=True)]
    gains = [1 / math.log2(p + 1) if 1 <= p <= 10 else 0 for p in places]
    assert found["ndcg@10"] == pytest.approx(sum(gains) / len(gains))
    assert found["recall@10"] == pytest.approx(sum(1 <= p <= 10 for p in places) / len(places))


@given(asked=questions(), filtered=st.booleans())
def test_the_scores_are_those_of_the_evaluation(holdout, asked, filtered) -> None:
    histories, targets, scores = asked
    held = holdout(histories, targets)
    theirs = ranks(scores, held.targets, rankable(held, 0, len(targets), ITEMS, filtered))
    mine = Validator(held, 5, 100, seed=1, filtered=filtered)(lambda contexts: scores)
    assert mine["ndcg@10"] == pytest.approx(gains("ndcg@10", theirs).mean())
    assert mine["recall@10"] == pytest.approx(gains("recall@10", theirs).mean())


def test_a_target_from_the_history_is_a_miss(holdout) -> None:
    scores = np.zeros((1, ITEMS), np.float32)
    scores[0, 4] = 9
    seen = Validator(holdout([[5, 2]], [5]), 5, 10, seed=1)(lambda contexts: scores)
    new = Validator(holdout([[3, 2]], [5]), 5, 10, seed=1)(lambda contexts: scores)
    assert seen == {"ndcg@10": 0.0, "recall@10": 0.0}
    assert new == {"ndcg@10": 1.0, "recall@10": 1.0}


def test_the_history_makes_room(holdout) -> None:
    scores = np.arange(ITEMS, 0, -1, dtype=np.float32)[None]
    found = Validator(holdout([[1, 2, 0]], [4]), 5, 10, seed=1)(lambda contexts: scores)
    assert found["ndcg@10"] == pytest.approx(1 / math.log2(3)), "item 3 alone is before item 4"


def test_contexts_come_in_batches_and_in_order(holdout, monkeypatch) -> None:
    monkeypatch.setattr(validate, "BATCH", 4)
    users = 10
    held = holdout([[user % ITEMS + 1] for user in range(users)], [1] * users)
    sizes = []

    def score(contexts):
        """The item after the one in the context is best."""
        sizes.append(len(contexts))
        return np.eye(ITEMS, dtype=np.float32)[contexts.context[:, -1] % ITEMS]

    held.targets[:] = [(user + 1) % ITEMS + 1 for user in range(users)]
    assert Validator(held, 3, 100, seed=1)(score) == {"ndcg@10": 1.0, "recall@10": 1.0}
    assert sizes == [4, 4, 2]


def test_the_scorers_array_stays_as_it_was(holdout) -> None:
    scores = np.arange(ITEMS, dtype=np.float32)[None]
    Validator(holdout([[1, 2]], [4]), 5, 10, seed=1)(lambda contexts: scores)
    assert np.array_equal(scores[0], np.arange(ITEMS))


def test_a_limit_draws_users_by_seed(holdout) -> None:
    held = holdout([[user % ITEMS + 1] for user in range(50)], [3] * 50)
    drawn = [Validator(held, 2, 10, seed).contexts.context[:, -1].tolist() for seed in (1, 1, 2)]
    assert len(drawn[0]) == 10
    assert drawn[0] == drawn[1]
    assert drawn[0] != drawn[2]
    assert len(Validator(held, 2, 50, 1).contexts) == 50


def test_nobody_to_ask_is_no_crash(holdout) -> None:
    found = Validator(holdout([], []), 5, 10, seed=1)(lambda contexts: contexts)
    assert found == {"ndcg@10": 0.0, "recall@10": 0.0}
