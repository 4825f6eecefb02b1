"""What ``auto`` comes to, by hand, and what is asked for stays."""

from __future__ import annotations

from types import SimpleNamespace

import msgspec
import numpy as np
import pytest

from rbench import plugins
from rbench.encoding import ModelSettings
from rbench.errors import RbenchError, StageError
from rbench.study import Study
from rbench.train import TrainSettings, resolve
from rbench.train.rules import batch_size_of, dropout_of, learning_rate_of

FREE = SimpleNamespace(any_length=True, recurrent=False)
LOOP = SimpleNamespace(any_length=True, recurrent=True)


def test_nothing_is_left_open(dataset, model_settings) -> None:
    found = resolve(TrainSettings(), model_settings, plugins.encoder("bow"), dataset)
    assert "auto" not in msgspec.structs.astuple(found)
    assert (found.loss, found.hide_history, found.window) == ("softmax", True, 6)
    # 60 users have 6 items each left: one batch an epoch, 30 steps.
    assert (found.batch_size, found.warmup_steps) == (128, 3)


def test_what_is_asked_for_stays(dataset, model_settings) -> None:
    asked = TrainSettings(
        patience=3,
        batch_size=5,
        window=6,
        start="random",
        learning_rate=0.01,
        warmup_steps=1,
        loss="sampled_softmax",
        dropout=0.0,
        hide_history=False,
    )
    found = resolve(asked, model_settings, plugins.encoder("bow"), dataset)
    assert msgspec.structs.asdict(found) == msgspec.structs.asdict(asked)


@pytest.mark.parametrize(("filtered", "hidden"), [(True, True), (False, False)])
def test_the_history_is_hidden_where_the_ranking_filters_it(
    filtered, hidden, dataset, model_settings
) -> None:
    found = resolve(TrainSettings(), model_settings, FREE, dataset, filtered)
    assert found.hide_history is hidden


def test_patience_does_not_cut_a_cosine_short(dataset, model_settings) -> None:
    def patience(**settings):
        made = TrainSettings(epochs=44, **settings)
        return resolve(made, model_settings, FREE, dataset).patience

    assert patience() == 44
    assert patience(schedule="constant") == 6
    assert patience(patience=2) == 2


def test_a_warm_up_never_takes_more_than_a_tenth(dataset, model_settings) -> None:
    def warmup(**settings):
        return resolve(TrainSettings(**settings), model_settings, FREE, dataset).warmup_steps

    assert warmup(epochs=25) == 2
    assert warmup(epochs=10_000) == 300
    assert warmup(epochs=1) == 0
    assert warmup(epochs=10_000, schedule="constant") == 0


@pytest.mark.parametrize(("targets", "windows"), [(115, 32), (50, 60), (8, 128), (0, 128)])
def test_a_step_has_about_so_many_targets(targets, windows) -> None:
    assert batch_size_of(targets) == windows


@pytest.mark.parametrize(("width", "step"), [(8, 8e-3), (32, 8e-3), (64, 4e-3), (128, 2e-3)])
def test_the_step_follows_the_width(width, step) -> None:
    assert learning_rate_of(width) == pytest.approx(step)


@pytest.mark.parametrize(
    ("width", "interactions", "dropout"),
    [
        (8, 10**9, 0.0),
        (32, 300_000, 0.0),
        (48, 988_000, 0.05),
        (64, 988_000, 0.1),
        (128, 988_000, 0.2),
        (64, 173_205, 0.2),  # half way between the logarithms
        (64, 90_000, 0.3),
        (64, 0, 0.3),
        (4096, 0, 0.4),
    ],
)
def test_dropout_follows_width_and_log(width, interactions, dropout) -> None:
    assert dropout_of(width, interactions) == pytest.approx(dropout, abs=1e-3)


def test_large_catalogues_are_sampled(dataset, model_settings) -> None:
    large = SimpleNamespace(
        items=20_001,
        train=dataset.train,
        validation=dataset.validation,
        summary=dataset.summary,
    )
    assert resolve(TrainSettings(), model_settings, FREE, large).loss == "sampled_softmax"
    large.items = 20_000
    assert resolve(TrainSettings(), model_settings, FREE, large).loss == "softmax"


def test_windows_are_twice_the_mean_history_within_bounds(dataset, ragged) -> None:
    def window(encoder, length: int, histories: list[int], validated: tuple[int, ...] = ()) -> int:
        sequences = ragged([np.ones(n) for n in histories])
        validation = SimpleNamespace(histories=ragged([np.ones(n) for n in validated or histories]))
        log = SimpleNamespace(
            items=5, train=sequences, validation=validation, summary=dataset.summary
        )
        return resolve(TrainSettings(), ModelSettings(length=length), encoder, log).window

    assert window(FREE, 50, [20, 100]) == 100
    assert window(FREE, 50, [20, 60, 60, 60]) == 60
    assert window(FREE, 50, [20, 20, 20, 90]) == 75
    assert window(FREE, 50, [10, 20]) == 20  # more would be padding
    assert window(FREE, 50, [20], (20, 30)) == 30
    assert window(FREE, 50, [1000]) == 200
    assert window(LOOP, 50, [1000]) == 100
    assert window(LOOP, 150, [1000]) == 150
    assert window(plugins.encoder("bow"), 50, [1000]) == 50


def test_a_window_that_does_not_suit_is_refused(dataset, model_settings) -> None:
    with pytest.raises(StageError, match="for contexts of 6") as caught:
        resolve(TrainSettings(window=9), model_settings, plugins.encoder("bow"), dataset)
    assert "window" in caught.value.remedy
    with pytest.raises(StageError, match="fewer than the file"):
        resolve(TrainSettings(window=5), model_settings, FREE, dataset)


def test_options_of_no_loss_are_refused() -> None:
    with pytest.raises(RbenchError, match="loss_options"):
        Study.parse("[train]\nloss_options = { negatives = 5 }")
