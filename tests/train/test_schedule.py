"""Step sizes at steps, by hand."""

from __future__ import annotations

import math

import pytest

from rbench.errors import RbenchError
from rbench.study import Study
from rbench.train.rules import Resolved
from rbench.train.schedule import LAST, learning_rate


def sizes(steps: int, *, schedule: str = "constant", warmup_steps: int = 0) -> list[float]:
    made = Resolved(
        epochs=1,
        patience=1,
        batch_size=1,
        window=1,
        start="random",
        learning_rate=0.1,
        schedule=schedule,
        warmup_steps=warmup_steps,
        beta_2=0.98,
        loss="softmax",
        loss_options={},
        dropout=0.0,
        hide_history=False,
        validation_users=1,
    )
    return [learning_rate(made, step, steps) for step in range(steps)]


def test_without_a_schedule_the_step_size_is_the_learning_rate() -> None:
    assert sizes(5) == [0.1] * 5


def test_a_warm_up_grows_evenly_to_the_learning_rate() -> None:
    assert sizes(6, warmup_steps=4) == pytest.approx([0.025, 0.05, 0.075, 0.1, 0.1, 0.1])


def test_a_cosine_ends_at_two_percent_and_is_half_way_in_the_middle() -> None:
    found = sizes(7, schedule="cosine", warmup_steps=2)
    assert found[:3] == pytest.approx([0.05, 0.1, 0.1])
    assert found[4] == pytest.approx(0.1 * (1 + LAST) / 2)
    assert found[3] == pytest.approx(0.1 * (LAST + (1 - LAST) * (1 + math.sqrt(0.5)) / 2))
    assert found[6] == pytest.approx(0.1 * 0.02)


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_training_shorter_than_its_warm_up_is_one(steps) -> None:
    found = sizes(steps, schedule="cosine", warmup_steps=3)
    assert found == pytest.approx([0.1 * (step + 1) / 3 for step in range(steps)])


def test_a_training_of_one_step_starts_a_cosine() -> None:
    assert sizes(1, schedule="cosine") == [0.1]


def test_another_schedule_is_refused() -> None:
    with pytest.raises(RbenchError, match="schedule"):
        Study.parse('[train]\nschedule = "linear"')
