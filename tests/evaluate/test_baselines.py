"""The baselines, against their definitions spelt out on small logs."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rbench.data import followers
from rbench.data.dataset import Dataset
from rbench.evaluate import EvaluateSettings, baselines, item_knn
from rbench.evaluate.item_knn import ItemKnn
from rbench.evaluate.markov import Markov
from rbench.evaluate.pctm import Parameters
from rbench.evaluate.popularity import Popularity
from rbench.progress import Progress, silent

Make = Callable[..., Dataset]
ITEMS = 12


@pytest.fixture
def dataset(make_dataset: Make) -> Dataset:
    generator = np.random.default_rng(2)
    train = [generator.integers(1, ITEMS + 1, generator.integers(1, 40)) for _ in range(25)]
    return make_dataset(train, generator.integers(1, ITEMS + 1, 25), ITEMS)


def sequences(dataset: Dataset) -> list[list[int]]:
    return [dataset.train[user].tolist() for user in range(len(dataset.train))]


def test_popularity_is_the_training_counts(dataset: Dataset) -> None:
    flat = [item for sequence in sequences(dataset) for item in sequence]
    expected = [flat.count(item) for item in range(1, ITEMS + 1)]
    scores = Popularity(dataset)(np.array([[1], [0]], np.int32))
    assert scores.tolist() == [expected, expected]


def test_markov_is_the_windowed_sum(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = np.zeros((ITEMS + 1, ITEMS + 1))
    for sequence in sequences(dataset):
        for place, item in enumerate(sequence):
            for gap in range(1, 21):
                if place + gap < len(sequence):
                    counts[item, sequence[place + gap]] += 0.9 ** (gap - 1)
    rows = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1e-12)
    contexts = dataset.test.contexts(10)
    expected = [
        sum(0.8**age * rows[item] for age, item in enumerate(context[::-1]))[1:]
        for context in contexts
    ]
    monkeypatch.setattr(followers, "BLOCK", 50)
    np.testing.assert_allclose(Markov(dataset)(contexts), expected, atol=1e-5)


def test_item_knn_is_the_shrunk_cosine(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    touched = [set(sequence) for sequence in sequences(dataset)]
    users = {i: {u for u, items in enumerate(touched) if i in items} for i in range(1, ITEMS + 1)}

    def cosine(one: int, other: int) -> float:
        both = len(users[one] & users[other])
        return both / (math.sqrt(len(users[one]) * len(users[other])) + 20)

    contexts = dataset.test.contexts(5)
    expected = np.zeros((len(contexts), ITEMS))
    for item in range(1, ITEMS + 1):
        others = [other for other in range(1, ITEMS + 1) if other != item]
        nearest = sorted(others, key=lambda other: (-np.float32(cosine(item, other)), other))[:4]
        for row, context in enumerate(contexts):
            expected[row, item - 1] = sum(
                cosine(item, other) for other in context if other in nearest
            )
    monkeypatch.setattr(item_knn, "NEIGHBOURS", 4)
    monkeypatch.setattr(item_knn, "BLOCK", 60)
    np.testing.assert_allclose(ItemKnn(dataset)(contexts), expected, atol=1e-6)


def test_an_empty_context_ranks_by_id_that_is_by_popularity(dataset: Dataset) -> None:
    nothing = np.zeros((1, 10), np.int32)
    assert not Markov(dataset)(nothing).any()
    assert not ItemKnn(dataset)(nothing[:, :5]).any()


def test_items_that_training_never_saw_are_passed_over(make_dataset: Make) -> None:
    dataset = make_dataset([[1, 0, 2], [3]], [1], 3, [[1]])
    assert Popularity(dataset)(np.array([[1]], np.int32)).tolist() == [[1, 1, 1]]
    scores = Markov(dataset)(np.array([[0] * 9 + [1]], np.int32))
    np.testing.assert_allclose(scores, [[0, 1, 0]])
    assert ItemKnn(dataset)(np.array([[0, 0, 0, 0, 1]], np.int32)).argmax() == 1


def test_four_rows_each_with_its_ranks(dataset: Dataset, tmp_path: Path) -> None:
    told: list[Progress] = []
    dataset = replace(dataset, validation=dataset.test)
    found = baselines(EvaluateSettings(bootstrap=50), dataset, tmp_path, told.append)
    assert list(found) == ["popularity", "item-knn", "markov", "pctm"]
    assert all(quality.validation.keys() == {"ndcg@10", "recall@10"} for quality in found.values())
    assert found["pctm"].settings.keys() == set(Parameters._fields)
    for name, quality in found.items():
        assert quality.users == 25
        assert quality.parity is None
        assert len(np.load(tmp_path / f"{name}.npz")["ranks"]) == 25
    assert told[-1].done == told[-1].total == 4
    done = [step.done for step in told]
    assert done == sorted(done)
    assert len(done) > 80, "choosing the count model's parameters takes minutes, and says so"
    assert baselines(EvaluateSettings(bootstrap=50), dataset, tmp_path, silent) == found
