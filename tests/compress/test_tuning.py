"""Which epoch of a fine-tuning is kept: the best by validation among those that reached it."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest

from rbench import data
from rbench.compress import CompressSettings, tuning
from rbench.data.settings import DataSettings, SyntheticSettings
from rbench.encoding import ModelSettings
from rbench.errors import StageError
from rbench.progress import silent
from rbench.recipes.compression import Method
from rbench.train import TrainSettings

SEED = 5


class Epochs(Method):
    """Says after each epoch what it was told to say; its weight is the epoch's number."""

    def __init__(self, reached: list[bool], weights: list[float] | None = None) -> None:
        self.answers, self.epoch = reached, -1
        self.values = weights or [float(n) for n in range(len(reached))]

    def wrap(self, model: Any, steps: int) -> Any:
        self.steps = steps
        return model

    def end_epoch(self) -> None:
        self.epoch += 1

    def reached(self) -> bool:
        return self.answers[self.epoch]

    def stripped(self) -> dict[str, Any]:
        return {"layer/0": np.array([self.values[self.epoch]], np.float32)}

    def details(self) -> dict[str, float]:
        return {"epoch": float(self.epoch)}


class Learning:
    """Stands in for the learner: it learns nothing, and notes how it is asked."""

    made: ClassVar[list[Learning]] = []

    def __init__(self, draw: Any, *given: Any, **settings: Any) -> None:
        self.settings, self.seeds, self.batches = settings, [], 0
        draw(*given, settings["dropout"])
        self.made.append(self)

    def reseed(self, epoch: int) -> None:
        self.seeds.append(epoch)

    def step(self, batch: Any) -> float:
        self.batches += 1
        return 1.0

    def score(self, contexts: Any) -> Any:
        raise AssertionError("asked through the validator alone")


@pytest.fixture
def tune(monkeypatch):
    """(reached, scores by epoch[, weights by epoch]) -> what is kept."""
    made = SyntheticSettings(users=12, items=20, interactions_per_user=6)
    dataset = data.load(DataSettings(synthetic=made))
    monkeypatch.setattr(tuning, "Learner", Learning)
    monkeypatch.setattr(tuning, "training_model", lambda *given: SimpleNamespace())
    monkeypatch.setattr(tuning, "set_weights", lambda model, weights: None)
    Learning.made.clear()

    def run(reached, scores, weights=None):
        method, said = Epochs(reached, weights), iter(scores)
        validator = lambda *given, **options: lambda score: {"ndcg@10": next(said)}  # noqa: E731
        monkeypatch.setattr(tuning, "Validator", validator)
        return tuning.tune(
            method,
            CompressSettings(epochs=len(reached), learning_rate=0.25),
            TrainSettings(batch_size=4),
            ModelSettings(width=4, length=5),
            {},
            dataset,
            SimpleNamespace(any_length=False, recurrent=False),
            SEED,
            silent,
            "word",
            "auto",
        )

    return run


def kept(found) -> tuple[float, float, float]:
    """The epoch by its weight, by its details, and its score."""
    return float(found.weights["layer/0"][0]), found.details["epoch"], found.validation["ndcg@10"]


def test_the_best_epoch_is_kept_with_its_own_score_and_details(tune) -> None:
    assert kept(tune([True] * 4, [0.1, 0.3, 0.2, 0.05])) == (1.0, 1.0, 0.3)
    assert kept(tune([True] * 3, [0.5, 0.3, 0.2])) == (0.0, 0.0, 0.5)
    assert kept(tune([True] * 3, [0.1, 0.2, 0.9])) == (2.0, 2.0, 0.9)


def test_of_equal_epochs_the_first_is_kept(tune) -> None:
    assert kept(tune([True] * 3, [0.1, 0.2, 0.2])) == (1.0, 1.0, 0.2)


def test_an_epoch_that_did_not_reach_it_is_not_kept_however_good(tune) -> None:
    """Nor is it validated: scores are asked of the others alone."""
    assert kept(tune([False, True, False, True], [0.1, 0.2])) == (3.0, 3.0, 0.2)
    assert kept(tune([False, True, False], [0.01])) == (1.0, 1.0, 0.01)


def test_where_no_epoch_reached_it_that_is_said(tune) -> None:
    with pytest.raises(StageError, match="word: not reached after 3 epochs") as caught:
        tune([False] * 3, [])
    assert "[compress]" in caught.value.remedy


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_weights_that_are_no_numbers_are_not_kept(tune, value) -> None:
    with pytest.raises(StageError, match="no finite numbers"):
        tune([True], [0.4], [value])


def test_every_epoch_has_its_own_seed_and_the_method_its_step_size(tune) -> None:
    tune([True] * 3, [0.1, 0.2, 0.3])
    (learner,) = Learning.made
    assert learner.seeds == [0, 1, 2]
    assert learner.settings["learning_rate"] == 0.25
    assert learner.settings["seed"] == SEED
    assert learner.batches % 3 == 0
    assert learner.batches > 0
