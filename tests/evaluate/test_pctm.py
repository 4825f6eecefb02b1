"""The count model, against its definition spelt out, and the choice of its parameters."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from rbench.data.dataset import Dataset, Holdout
from rbench.data.ranking import ranks
from rbench.evaluate.pctm import GRID, LENGTH, Parameters, Pctm, history_weights
from rbench.metrics.found import gains
from rbench.progress import Progress, Reporter

Make = Callable[..., Dataset]
ITEMS = 9


@pytest.fixture
def dataset(make_dataset: Make) -> Dataset:
    draw = np.random.default_rng(5)
    train = [draw.integers(1, ITEMS + 1, draw.integers(2, 30)) for _ in range(20)]
    made = make_dataset(train, draw.integers(1, ITEMS + 1, 20), ITEMS)
    return replace(made, validation=made.test)


def spelt_out(dataset: Dataset, history: list[int], chosen: Parameters) -> list[float]:
    counts = np.zeros((ITEMS + 1, ITEMS + 1))
    popularity = np.zeros(ITEMS + 1)
    for user in range(len(dataset.train)):
        sequence = dataset.train[user].tolist()
        for place, item in enumerate(sequence):
            popularity[item] += 1
            for distance, later in enumerate(sequence[place + 1 : place + 21], 1):
                counts[item, later] += 1 / distance
    newest_first = history[::-1]
    recent, older = newest_first[: int(chosen.recent)], newest_first[int(chosen.recent) :]
    head = [chosen.decay**age for age in range(len(recent))]
    weights = [chosen.share * weight / sum(head) for weight in head]
    weights += [(1 - chosen.share) / len(older) for _ in older]
    return [
        sum(
            weight * math.log(1 + counts[item, target] * ITEMS / chosen.tau)
            for weight, item in zip(weights, newest_first, strict=True)
        )
        + chosen.popularity * math.log(popularity[target] / popularity.sum())
        for target in range(1, ITEMS + 1)
    ]


@pytest.mark.parametrize(
    "chosen", [Parameters(), Parameters(tau=20.0, recent=3, decay=0.8, share=0.5, popularity=0.2)]
)
def test_it_is_what_its_definition_says(dataset: Dataset, chosen: Parameters) -> None:
    contexts = dataset.test.contexts(LENGTH)
    scores = Pctm(dataset, chosen)(contexts)
    expected = [
        spelt_out(dataset, [int(item) for item in context if item], chosen) for context in contexts
    ]
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, expected, rtol=1e-4, atol=1e-5)


def test_weights_of_a_history_sum_to_one_where_there_is_one() -> None:
    contexts = np.array([[0, 0, 0, 0], [0, 0, 3, 3], [1, 2, 3, 4]], np.int32)
    newest, older = history_weights(contexts, Parameters(recent=2, decay=0.5), 4)
    np.testing.assert_allclose(newest.toarray()[1], [0, 0, 1, 0])
    np.testing.assert_allclose(newest.toarray()[2], [0, 0, 1 / 3, 2 / 3], rtol=1e-6)
    np.testing.assert_allclose(older.toarray(), [[0] * 4, [0] * 4, [0.5, 0.5, 0, 0]])


def test_an_empty_history_ranks_by_popularity_alone(dataset: Dataset) -> None:
    scores = Pctm(dataset, Parameters(popularity=1.0))(np.zeros((1, LENGTH), np.int32))[0]
    seen = np.bincount(dataset.train.values, minlength=ITEMS + 1)[1:]
    np.testing.assert_allclose(np.exp(scores), seen / seen.sum(), rtol=1e-5)


def test_parameters_are_the_best_of_the_grid_on_validation(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Parameters] = []
    told: list[Progress] = []

    def reached(
        self: Pctm, grid: list[Parameters], users: Holdout, filtered: bool, report: Reporter
    ) -> dict[Parameters, int]:
        asked.extend(grid)
        report(Progress(done=1, total=2))
        wanted = Parameters(500.0, 12, 0.8, 0.95, -0.2)
        assert len(users.targets) == 20
        return {one: sum(a == b for a, b in zip(one, wanted, strict=True)) for one in grid}

    monkeypatch.setattr(Pctm, "_reached", reached)
    assert Pctm(dataset, report=told.append).parameters == Parameters(500.0, 12, 0.8, 0.95, -0.2)
    assert [progress.done / progress.total for progress in told] == [0.125, 0.375, 0.625, 0.875]
    assert {one.tau for one in asked} == {*GRID["tau"]}


def test_what_is_chosen_is_no_worse_on_validation_than_the_authors_parameters(
    dataset: Dataset,
) -> None:
    def reached(chosen: Parameters | None) -> float:
        model = Pctm(dataset, chosen, filtered=False)
        contexts = dataset.validation.contexts(LENGTH)
        everything = np.ones((len(contexts), ITEMS), bool)
        found = ranks(model(contexts), dataset.validation.targets, everything)
        return float(gains("ndcg@10", found).mean())

    assert reached(None) > reached(Parameters())


def test_without_validation_users_the_authors_parameters_are_taken(make_dataset: Make) -> None:
    dataset = make_dataset([[1, 2, 3]], [1], 3)
    assert not len(dataset.validation.targets)
    assert Pctm(dataset).parameters == Parameters()
