"""Compression without compressing: the weights pass, and the reference says what Keras says."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

if not find_spec("tensorflow"):  # importing it takes seconds
    pytest.skip("compression needs rbench[sweep]", allow_module_level=True)

from rbench import data, plugins
from rbench.cells.recipe import Recipe
from rbench.compress import REFERENCE, CompressSettings, compress, reference
from rbench.data.settings import DataSettings, SyntheticSettings
from rbench.encoding import Form, ModelSettings
from rbench.errors import StageError
from rbench.graph.model import count_parameters, encoder_model, get_weights, training_model
from rbench.train import TrainSettings
from rbench.train.weights import load_weights, save_weights

pytestmark = pytest.mark.slow

SETTINGS = ModelSettings(width=8, length=6)
LSTM = plugins.encoder("lstm")


@pytest.fixture(scope="module")
def dataset():
    settings = SyntheticSettings(users=60, items=40, interactions_per_user=8)
    return data.load(DataSettings(synthetic=settings))


@pytest.fixture(scope="module")
def trained(dataset, tmp_path_factory):
    """(folder, model): weights as a training leaves them, and the model that they came from."""
    folder = tmp_path_factory.mktemp("trained")
    model = training_model(LSTM, SETTINGS, dataset.items, dropout=0.2)
    random = np.random.default_rng(1)
    for weight in model.weights:
        weight.assign(np.asarray(weight) + random.normal(scale=0.2, size=weight.shape))
    save_weights(folder, get_weights(model))
    return folder, model


@pytest.fixture
def run(trained, dataset, tmp_path):
    def make(recipe="float32", seed=1, folder=trained[0], out=tmp_path):
        return compress(
            Recipe.parse(recipe),
            CompressSettings(),
            TrainSettings(),
            SETTINGS,
            folder,
            dataset,
            LSTM,
            seed,
            out,
        )

    return make


def read(folder):
    with np.load(folder / REFERENCE) as stored:
        return stored["contexts"], stored["scores"]


def test_the_weights_pass_unchanged(run, trained, tmp_path) -> None:
    result = run()
    before, after = load_weights(trained[0]), load_weights(tmp_path)
    assert set(after) == set(before)
    assert all(np.array_equal(after[name], before[name]) for name in before)
    assert result.compression == ""
    assert result.parameters == count_parameters(trained[1])


@pytest.mark.parametrize("recipe", ["static_wi8_ai8", "unrolled+float16"])
def test_recipes_without_compression_all_come_out_alike(run, tmp_path, recipe) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert run("float32", out=tmp_path / "a") == run(recipe, out=tmp_path / "b")
    for first, second in zip(read(tmp_path / "a"), read(tmp_path / "b"), strict=True):
        assert np.array_equal(first, second)


def test_the_reference_has_the_trained_models_scores(run, trained, dataset, tmp_path) -> None:
    run()
    contexts, scores = read(tmp_path)
    assert (contexts.dtype, scores.dtype) == (np.int32, np.float32)
    assert contexts.shape == (len(dataset.test.targets), SETTINGS.length)
    assert scores.shape == (len(contexts), dataset.items)
    # By another way: all positions of the training's form, and the product by hand.
    every = encoder_model(LSTM, SETTINGS, dataset.items, Form())
    every.set_weights(trained[1].get_weights())
    vectors, table = (np.asarray(part) for part in every(contexts))
    assert np.allclose(scores, vectors[:, -1] @ table.T, atol=1e-5)
    assert scores.std() > 0.01


def test_the_contexts_are_those_of_test_users_drawn_by_seed(run, dataset, tmp_path) -> None:
    run(seed=1)
    first, _ = read(tmp_path)
    run(seed=1)
    again, _ = read(tmp_path)
    run(seed=2)
    other, _ = read(tmp_path)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    everybody = sorted(map(tuple, dataset.test.contexts(SETTINGS.length).tolist()))
    assert sorted(map(tuple, first.tolist())) == everybody


def test_a_reference_is_no_larger_than_it_must_be(run, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(reference, "MAX_CONTEXTS", 7)
    run()
    contexts, scores = read(tmp_path)
    assert len(contexts) == len(scores) == 7


def test_weights_of_another_encoder_are_refused(run, tmp_path, dataset) -> None:
    other = training_model(plugins.encoder("bow"), SETTINGS, dataset.items, dropout=0.0)
    save_weights(tmp_path, get_weights(other))
    with pytest.raises(StageError, match=r"weight lstm/0 .* is missing"):
        run(folder=tmp_path)
