"""Training: the same seed gives the same bits, interrupted or not, here or in another process."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import msgspec
import numpy as np
import pytest

if not find_spec("tensorflow"):  # importing it takes seconds
    pytest.skip("training needs rbench[sweep]", allow_module_level=True)

from rbench import plugins
from rbench.errors import StageError
from rbench.train import WEIGHTS, TrainSettings, checkpoint, resolve, train
from rbench.train.weights import load_weights
from rbench.train.windows import batches

pytestmark = pytest.mark.slow

SETTINGS = TrainSettings(
    epochs=4,
    patience=4,
    batch_size=16,
    learning_rate=0.05,
    schedule="constant",
    dropout=0.2,
    hide_history=False,
    start="random",
)
IMPATIENT = msgspec.structs.replace(SETTINGS, epochs=50, patience=2)
SCHEDULED = msgspec.structs.replace(
    SETTINGS, schedule="cosine", warmup_steps=5, hide_history=True, start="counts"
)
SAMPLED = msgspec.structs.replace(
    SCHEDULED, loss="sampled_softmax", loss_options={"negatives": 10}, window=8
)
ENCODER = plugins.encoder("bow")


class PowerFailedError(Exception):
    """Interrupts a training."""


def fingerprint(folder: Path) -> str:
    weights = load_weights(folder)
    return hashlib.sha256(b"".join(weights[name].tobytes() for name in sorted(weights))).hexdigest()


def told(trained):
    """A result without the one thing that no two runs share."""
    history = [{k: v for k, v in epoch.items() if k != "seconds"} for epoch in trained.history]
    return msgspec.structs.replace(trained, history=tuple(history))


@pytest.fixture(scope="module")
def once(dataset, model_settings, tmp_path_factory):
    """(folder, result) of one training without trouble."""
    folder = tmp_path_factory.mktemp("once")
    return folder, train(SETTINGS, model_settings, dataset, ENCODER, 1, folder)


def test_the_same_seed_gives_the_same_bits(once, dataset, model_settings, tmp_path) -> None:
    folder, first = once
    again = train(SETTINGS, model_settings, dataset, ENCODER, 1, tmp_path)
    assert told(again) == told(first)
    assert fingerprint(tmp_path) == fingerprint(folder)


def test_another_seed_gives_other_weights(once, dataset, model_settings, tmp_path) -> None:
    folder, first = once
    other = train(SETTINGS, model_settings, dataset, ENCODER, 2, tmp_path)
    assert other.seed == 2
    assert other.history[0]["loss"] != first.history[0]["loss"]
    assert fingerprint(tmp_path) != fingerprint(folder)


ELSEWHERE = """
import sys
from pathlib import Path
import msgspec
from rbench import data, plugins
from rbench.data.settings import DataSettings, SyntheticSettings
from rbench.encoding import ModelSettings
from rbench.train import TrainSettings, train
settings = SyntheticSettings(users=60, items=40, interactions_per_user=8)
dataset = data.load(DataSettings(synthetic=settings))
train(
    msgspec.json.decode(sys.argv[2], type=TrainSettings),
    ModelSettings(width=8, length=6), dataset, plugins.encoder("bow"), 1, Path(sys.argv[1]),
)
"""


def test_another_process_gives_the_same_bits(once, tmp_path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, str(tmp_path), msgspec.json.encode(SETTINGS)],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    assert fingerprint(tmp_path) == fingerprint(once[0])


WAYS = {
    "bow": ("bow", SETTINGS),
    "attention": ("attention", SETTINGS),
    "lru, with a schedule and its history hidden": ("lru", SCHEDULED),
    "lru, sampled": ("lru", SAMPLED),
}


@pytest.fixture(scope="module")
def straight(dataset, model_settings, tmp_path_factory):
    """A way to train -> its folder and result, without a break; once for all breaks."""

    @cache
    def make(way: str):
        folder, (name, settings) = tmp_path_factory.mktemp("straight"), WAYS[way]
        encoder = plugins.encoder(name)
        return folder, train(settings, model_settings, dataset, encoder, 1, folder)

    return make


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("when", [1.0, 2.5], ids=["after an epoch", "within an epoch"])
def test_going_on_ends_where_it_would_have_ended(
    way, when, straight, dataset, model_settings, tmp_path
) -> None:
    name, settings = WAYS[way]
    encoder = plugins.encoder(name)  # attention and lru have dropout of their own
    whole, unbroken = straight(way)

    def cut_off(progress) -> None:
        # The last report of an epoch comes after its checkpoint.
        if progress.done >= when and (tmp_path / "broken" / checkpoint.FILE).exists():
            raise PowerFailedError

    with pytest.raises(PowerFailedError):
        train(settings, model_settings, dataset, encoder, 1, tmp_path / "broken", cut_off)
    assert not (tmp_path / "broken" / WEIGHTS).exists()
    steps = []
    resumed = train(
        settings, model_settings, dataset, encoder, 1, tmp_path / "broken", steps.append
    )
    assert steps[0].done > 1, "it began anew"
    assert told(resumed) == told(unbroken)
    assert fingerprint(tmp_path / "broken") == fingerprint(whole)
    assert [path.name for path in (tmp_path / "broken").iterdir()] == [WEIGHTS]


def test_a_torn_checkpoint_starts_over(once, dataset, model_settings, tmp_path) -> None:
    (tmp_path / checkpoint.FILE).write_bytes(b"PK\x03\x04 and then the power went")
    assert told(train(SETTINGS, model_settings, dataset, ENCODER, 1, tmp_path)) == told(once[1])
    assert fingerprint(tmp_path) == fingerprint(once[0])


def test_a_checkpoint_of_a_finished_training_only_saves(
    once, dataset, model_settings, tmp_path
) -> None:
    """Killed between the last checkpoint and the weights."""

    def cut_off(progress) -> None:
        if progress.done >= SETTINGS.epochs and (tmp_path / checkpoint.FILE).exists():
            kept = checkpoint_epochs(tmp_path)
            if kept == SETTINGS.epochs:
                raise PowerFailedError

    with pytest.raises(PowerFailedError):
        train(SETTINGS, model_settings, dataset, ENCODER, 1, tmp_path, cut_off)
    steps = []
    trained = train(SETTINGS, model_settings, dataset, ENCODER, 1, tmp_path, steps.append)
    assert steps == []
    assert told(trained) == told(once[1])
    assert fingerprint(tmp_path) == fingerprint(once[0])


def checkpoint_epochs(folder: Path) -> int:
    with np.load(folder / checkpoint.FILE) as stored:
        return len(msgspec.json.decode(stored["standing"].tobytes())["history"])


def test_learning_lowers_the_loss_and_says_how_far_it_is(once, dataset, model_settings) -> None:
    _, trained = once
    losses = [epoch["loss"] for epoch in trained.history]
    assert trained.epochs == len(losses) == SETTINGS.epochs
    assert losses[0] == pytest.approx(np.log(dataset.items), abs=0.3), "it starts at chance"
    assert losses[-1] < losses[0] - 0.2
    assert trained.best_epoch == 1 + int(np.argmax([e["ndcg@10"] for e in trained.history]))
    assert trained.validation["ndcg@10"] == max(e["ndcg@10"] for e in trained.history)
    assert trained.parameters == dataset.items * 8 + 6 * 8 + 8 * 8 + 8 + 2 * 8


@pytest.fixture(scope="module")
def settled(dataset, model_settings, tmp_path_factory):
    """(folder, result) of a training whose best epoch is not its last."""
    folder = tmp_path_factory.mktemp("settled")
    return folder, train(IMPATIENT, model_settings, dataset, ENCODER, 1, folder)


def test_the_kept_weights_are_those_of_the_best_epoch(settled, dataset, model_settings) -> None:
    from rbench.encoding import Form
    from rbench.graph.model import scoring_model, set_weights
    from rbench.train.validate import Validator

    folder, trained = settled
    assert trained.best_epoch < trained.epochs
    model = scoring_model(ENCODER, model_settings, dataset.items, Form(last=True))
    set_weights(model, load_weights(folder))
    validate = Validator(dataset.validation, model_settings.length, 10_000, seed=1)
    found = validate(lambda contexts: np.asarray(model(contexts.context)))
    assert found["ndcg@10"] == pytest.approx(trained.validation["ndcg@10"], abs=1e-6)


def test_progress_only_grows_and_ends_at_the_last_epoch(dataset, model_settings, tmp_path) -> None:
    seen = []
    settings = TrainSettings(epochs=2, batch_size=16)
    train(settings, model_settings, dataset, ENCODER, 1, tmp_path, seen.append)
    done = [progress.done for progress in seen]
    assert done == sorted(done)
    assert done[0] > 0
    assert done[-1] == 2
    assert {progress.total for progress in seen} == {2}
    assert "ndcg@10" in seen[-1].text


def test_training_stops_when_patience_is_over(settled) -> None:
    _, trained = settled
    assert trained.epochs == trained.best_epoch + 2
    assert trained.epochs < 50


def test_going_on_past_the_best_epoch_keeps_it(settled, dataset, model_settings, tmp_path) -> None:
    folder, straight = settled

    def cut_off(progress) -> None:
        if progress.done > straight.best_epoch + 1.4:
            raise PowerFailedError

    with pytest.raises(PowerFailedError):
        train(IMPATIENT, model_settings, dataset, ENCODER, 1, tmp_path, cut_off)
    assert checkpoint_epochs(tmp_path) == straight.best_epoch + 1
    resumed = train(IMPATIENT, model_settings, dataset, ENCODER, 1, tmp_path)
    assert told(resumed) == told(straight)
    assert fingerprint(tmp_path) == fingerprint(folder)


def test_epochs_go_through_the_windows_in_different_orders(
    dataset, model_settings, tmp_path, monkeypatch
) -> None:
    module = sys.modules["rbench.train.train"]
    orders = []

    def recorded(*args, **options):
        drawn = list(batches(*args, **options))
        orders.append([batch.inputs["context"].tobytes() for batch in drawn])
        return drawn

    monkeypatch.setattr(module, "batches", recorded)
    settings = TrainSettings(epochs=2, batch_size=1)
    train(settings, model_settings, dataset, ENCODER, 1, tmp_path)
    assert sorted(orders[0]) == sorted(orders[1])
    assert orders[0] != orders[1]


def test_a_loss_that_is_no_number_is_said(dataset, model_settings, tmp_path) -> None:
    settings = TrainSettings(epochs=3, warmup_steps=0)
    msgspec.structs.force_setattr(settings, "learning_rate", 1e30)
    with pytest.raises(StageError, match=r"after epoch [12]") as caught:
        train(settings, model_settings, dataset, ENCODER, 1, tmp_path)
    assert "learning_rate" in caught.value.remedy
    assert not (tmp_path / WEIGHTS).exists()


def test_weights_that_break_in_the_last_step_are_not_kept(
    dataset, model_settings, tmp_path
) -> None:
    """One step an epoch: its loss is still fine, and the weights behind it are not."""
    settings = TrainSettings(epochs=1, batch_size=64, warmup_steps=0)
    msgspec.structs.force_setattr(settings, "learning_rate", float("inf"))
    with pytest.raises(StageError, match="after epoch 1"):
        train(settings, model_settings, dataset, ENCODER, 1, tmp_path)
    assert not (tmp_path / WEIGHTS).exists()


def test_nothing_to_learn_is_said(dataset, model_settings, ragged, tmp_path) -> None:
    import dataclasses

    lonely = dataclasses.replace(dataset, train=ragged([[1], [], [2]]))
    with pytest.raises(StageError, match="nothing to learn"):
        train(SETTINGS, model_settings, lonely, ENCODER, 1, tmp_path)


def test_the_loss_is_the_full_softmax() -> None:
    """By hand in float64, gradients by finite differences."""
    import tensorflow as tf

    from rbench.losses.full_softmax import softmax_loss

    random = np.random.default_rng(1)
    vectors, table = random.normal(size=(5, 3)), random.normal(size=(7, 3))
    targets, weights = np.array([0, 6, 2, 2, 0], np.int32), np.array([1, 1, 1, 1, 0], np.float64)

    def by_hand(vectors, table) -> float:
        logits = vectors @ table.T
        chosen = logits[np.arange(5), targets] - np.log(np.exp(logits).sum(axis=1))
        return float(-(chosen * weights).sum() / weights.sum())

    tensors = [tf.constant(value, tf.float32) for value in (vectors, table)]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        loss = softmax_loss(*tensors, targets, weights.astype(np.float32))
        tripled = 3 * loss
    assert float(loss) == pytest.approx(by_hand(vectors, table), rel=1e-5)
    gradients = tape.gradient(tripled, tensors)
    for which, value in enumerate((vectors, table)):
        for place in np.ndindex(value.shape):
            shifted = [vectors.copy(), table.copy()]
            shifted[which][place] += 1e-5
            slope = 3 * (by_hand(*shifted) - by_hand(vectors, table)) / 1e-5
            assert float(gradients[which][place]) == pytest.approx(slope, abs=1e-3)


def test_the_loss_leaves_out_what_was_had_by_then() -> None:
    """By hand: user 0 had item 2 from position 0 on, 4 from 1 on, and 5 comes again."""
    import tensorflow as tf

    from rbench.losses import Hidden
    from rbench.losses.full_softmax import softmax_loss

    random = np.random.default_rng(1)
    vectors, table = random.normal(size=(4, 3)), random.normal(size=(6, 3))
    had = np.array([[2, 2, 0, 2, 1, 0], [2, 2, 2, 2, 2, 2]], np.int32)
    places, targets = np.array([0, 1, 2, 3], np.int32), np.array([4, 5, 2, 2], np.int32)
    left_out = [{2, 5}, {2, 4}, set(), set()]

    losses = []
    for place in range(4):
        logits = table @ vectors[place]
        shown = [item for item in range(6) if item not in left_out[place]]
        losses.append(np.log(np.exp(logits[shown]).sum()) - logits[targets[place]])
    tensors = [tf.constant(value, tf.float32) for value in (vectors, table)]
    hidden = Hidden(tf.constant(places), tf.constant(had), 2)
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        loss = softmax_loss(*tensors, targets, np.ones(4, np.float32), hidden)
    assert float(loss) == pytest.approx(np.mean(losses), rel=1e-5)
    assert float(loss) < float(softmax_loss(*tensors, targets, np.ones(4, np.float32)))
    of_vectors, of_table = tape.gradient(loss, tensors)
    assert np.isfinite(of_vectors).all()
    assert np.asarray(of_table)[:2].any()


def test_steps_follow_the_schedule(dataset, model_settings, tmp_path, monkeypatch) -> None:
    from rbench.train.learner import Learner
    from rbench.train.schedule import learning_rate

    seen, step = [], Learner.step

    def recorded(learner, batch):
        seen.append(float(learner.optimizer.learning_rate))
        return step(learner, batch)

    monkeypatch.setattr(Learner, "step", recorded)
    train(SCHEDULED, model_settings, dataset, ENCODER, 1, tmp_path)
    resolved = resolve(SCHEDULED, model_settings, ENCODER, dataset)
    expected = [learning_rate(resolved, number, len(seen)) for number in range(len(seen))]
    assert len(seen) > 8
    assert seen == pytest.approx(expected, rel=1e-6)


def test_what_it_was_trained_with_is_said(once) -> None:
    said = once[1].settings
    assert set(said) == set(TrainSettings.__struct_fields__)
    assert (said["learning_rate"], said["loss"], said["window"]) == (0.05, "softmax", 6)
    assert "auto" not in said.values()


def test_a_model_learns_from_longer_windows_than_its_file_sees(
    dataset, model_settings, tmp_path
) -> None:
    from rbench.encoding import Form
    from rbench.graph.model import scoring_model, set_weights
    from rbench.train.validate import Validator

    encoder = plugins.encoder("lru")
    shape = msgspec.structs.replace(model_settings, length=3)
    trained = train(SETTINGS, shape, dataset, encoder, 1, tmp_path)
    assert trained.settings["window"] == 6  # as many as anybody has
    model = scoring_model(encoder, shape, dataset.items, Form(last=True))
    set_weights(model, load_weights(tmp_path))
    validate = Validator(dataset.validation, 3, 10_000, seed=1)
    found = validate(lambda contexts: np.asarray(model(contexts.context)))
    assert found["ndcg@10"] == pytest.approx(trained.validation["ndcg@10"], abs=1e-6)


def test_dropout_is_drawn_anew_in_every_step_and_epoch(dataset, model_settings) -> None:
    from rbench.graph.model import training_model
    from rbench.losses.softmax import Softmax
    from rbench.train.learner import Learner

    learner = Learner(
        training_model,
        ENCODER,
        model_settings,
        dataset.items,
        loss=Softmax(),
        dropout=0.5,
        learning_rate=0.0,
        beta_2=0.98,
        seed=1,
    )
    context = np.array([[0, 1, 2, 3, 4, 5]], np.int32)

    def drawn(epoch: int) -> list[float]:
        learner.reseed(epoch)
        return [float(np.abs(learner.model(context, training=True)[0]).sum()) for _ in range(3)]

    first = drawn(0)
    assert len(set(first)) == 3
    assert drawn(1) != first
    assert drawn(0) == first
