"""The walk over the users: batches, misses, coverage, refusals."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import msgspec
import numpy as np
import pytest

from rbench.data.dataset import Dataset, Ids
from rbench.data.ranking import Scores
from rbench.errors import StageError
from rbench.evaluate import scoring
from rbench.evaluate.settings import EvaluateSettings
from rbench.metrics.coverage import coverage
from rbench.progress import Progress, silent

Make = Callable[..., Dataset]


class Fake:
    """Scores each item by a fixed pseudo-random function of the newest item of the context."""

    def __init__(self, items: int) -> None:
        self.table = np.random.default_rng(0).integers(0, 4, (items + 1, items)).astype(np.float32)

    def __call__(self, contexts: Ids) -> Scores:
        return self.table[contexts[:, -1]]


def outcome(dataset: Dataset, filter_history: bool = True) -> scoring.Outcome:
    settings = EvaluateSettings(filter_history=filter_history)
    contexts = dataset.test.contexts(3)
    return scoring.score_users(Fake(dataset.items), contexts, dataset, settings, silent)


def drawn(make: Make, users: int = 40, items: int = 30) -> Dataset:
    generator = np.random.default_rng(1)
    histories = [generator.integers(0, items + 1, generator.integers(0, 9)) for _ in range(users)]
    targets = generator.integers(0, items + 1, users)
    targets[0] = 0
    return make([[1]], targets, items, histories)


@pytest.mark.parametrize(("repeats", "filtered"), [(0, True), (3, True), (4, False), (40, False)])
def test_the_log_decides_whether_the_history_is_filtered(
    make_dataset: Make, repeats: int, filtered: bool
) -> None:
    dataset = drawn(make_dataset)
    known = msgspec.structs.replace(
        dataset.summary, validation_users=40, details={"validation_targets_in_history": repeats}
    )
    dataset = dataclasses.replace(dataset, summary=known)
    found = scoring.score_users(
        Fake(30), dataset.test.contexts(3), dataset, EvaluateSettings(), silent
    )
    assert found.ranks.tolist() == outcome(dataset, filtered).ranks.tolist()
    assert found.ranks.tolist() != outcome(dataset, not filtered).ranks.tolist()


@pytest.mark.parametrize("filter_history", [True, False])
def test_ranks_and_coverage_match_one_user_at_a_time(
    make_dataset: Make, filter_history: bool
) -> None:
    dataset = drawn(make_dataset)
    fake = Fake(30)
    expected, shown, seen = [], [], set()
    for user, target in enumerate(dataset.test.targets):
        scores = fake(dataset.test.contexts(3)[[user]])[0]
        history = set(dataset.test.histories[user]) if filter_history else set()
        order = sorted(set(range(1, 31)) - history, key=lambda item: (-scores[item - 1], item))
        expected.append(order.index(target) + 1 if target in order else 0)
        shown.append(order[:10] + [0] * (10 - len(order[:10])))
        seen.update(order[:10])
    found = outcome(dataset, filter_history)
    assert found.ranks.tolist() == expected
    assert found.lists.items.tolist() == shown
    assert coverage(found.lists) == pytest.approx(len(seen) / 30)
    assert 0 in expected
    assert max(expected) > 10


def test_batches_change_nothing(make_dataset: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = drawn(make_dataset)
    whole = outcome(dataset)
    monkeypatch.setattr(scoring, "CELLS", 70)
    parted = outcome(dataset)
    assert parted.ranks.tolist() == whole.ranks.tolist()
    assert parted.lists.items.tolist() == whole.lists.items.tolist()


def test_a_small_catalogue_is_covered_without_the_history(make_dataset: Make) -> None:
    dataset = make_dataset([[1]], [2], 3, [[1, 3]])
    found = outcome(dataset)
    assert found.ranks.tolist() == [1]
    assert coverage(found.lists) == pytest.approx(1 / 3)


def test_a_target_in_the_history_counts_only_where_history_is_kept(make_dataset: Make) -> None:
    dataset = make_dataset([[1]], [2], 3, [[2]])
    assert outcome(dataset).ranks.tolist() == [0]
    assert outcome(dataset, filter_history=False).ranks[0] > 0


def test_progress_is_told_in_users(make_dataset: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "BATCH", 16)
    told: list[Progress] = []
    dataset = drawn(make_dataset)
    scoring.score_users(
        Fake(30), dataset.test.contexts(1), dataset, EvaluateSettings(), told.append
    )
    assert [(step.done, step.total) for step in told] == [(16, 40), (32, 40), (40, 40)]


def test_nan_is_refused(make_dataset: Make) -> None:
    dataset = make_dataset([[1]], [2], 3, [[1]])

    def broken(contexts: Ids) -> Scores:
        return np.array([[1, np.nan, 2]], np.float32)

    with pytest.raises(StageError, match="score of item 2 is not a number"):
        scoring.score_users(broken, dataset.test.contexts(1), dataset, EvaluateSettings(), silent)


def test_nobody_to_score_is_refused(make_dataset: Make) -> None:
    with pytest.raises(StageError, match="no test users"):
        outcome(make_dataset([[1]], [], 3, []))
