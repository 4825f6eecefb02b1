"""The model around an encoder: its forms share weights, and what does not fit is named."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

if not find_spec("tensorflow"):  # importing it takes seconds
    pytest.skip("the model needs rbench[sweep]", allow_module_level=True)

from rbench import plugins
from rbench.encoding import Encoder, Form, ModelSettings
from rbench.errors import StageError
from rbench.graph.model import (
    ITEM_TABLE,
    count_parameters,
    encoder_model,
    get_weights,
    scoring_model,
    set_weights,
    training_model,
)

pytestmark = pytest.mark.slow

SETTINGS = ModelSettings(width=8, length=6)
ITEMS = 12
CONTEXTS = np.array([[0, 0, 0, 5, 12, 1], [3, 4, 5, 6, 7, 8], [0, 0, 0, 0, 0, 2]], np.int32)
NAMES = ("bow", "cnn", "lstm", "gru", "attention", "lru")


def trained_like(model):
    """Weights of sensible size in every place, under the constraints of their layers."""
    random = np.random.default_rng(3)
    for weight in model.weights:
        weight.assign(np.asarray(weight) + random.normal(scale=0.2, size=weight.shape))
        if getattr(weight, "constraint", None) is not None:
            weight.assign(weight.constraint(weight))
    return get_weights(model)


@pytest.mark.parametrize("name", NAMES)
def test_weights_travel_between_all_forms(name) -> None:
    encoder = plugins.encoder(name)
    weights = trained_like(training_model(encoder, SETTINGS, ITEMS, dropout=0.2))
    forms = [Form(last=True), *([Form(last=True, unrolled=True)] if encoder.recurrent else [])]
    every = encoder_model(encoder, SETTINGS, ITEMS, Form())
    set_weights(every, weights)
    vectors, table = (np.asarray(part) for part in every(CONTEXTS))
    assert vectors.shape == (3, SETTINGS.length, SETTINGS.width)
    assert np.array_equal(table, weights[f"{ITEM_TABLE}/0"])
    expected = vectors[:, -1] @ table.T
    for form in forms:
        scoring = scoring_model(encoder, SETTINGS, ITEMS, form)
        set_weights(scoring, weights)
        assert np.allclose(np.asarray(scoring(CONTEXTS)), expected, atol=1e-5)
        back = get_weights(scoring)
        assert set(back) == set(weights)
        assert all(np.array_equal(back[key], weights[key]) for key in weights)


@pytest.mark.parametrize("name", NAMES)
def test_padding_is_no_item(name) -> None:
    """Padding borrows item 1's row; changing that row must not change what padding does."""
    model = scoring_model(plugins.encoder(name), SETTINGS, ITEMS, Form(last=True))
    weights = trained_like(model)
    before = np.asarray(model(CONTEXTS[2:]))
    weights[f"{ITEM_TABLE}/0"][0] += 3
    set_weights(model, weights)
    after = np.asarray(model(CONTEXTS[2:]))
    assert np.allclose(before[:, 1:], after[:, 1:], atol=1e-6)
    assert not np.allclose(before[:, 0], after[:, 0], atol=1e-3), "its own score does change"


def test_lookup_and_scoring_share_the_one_table() -> None:
    model = scoring_model(plugins.encoder("bow"), SETTINGS, ITEMS, Form(last=True))
    weights = get_weights(model)
    table = np.random.default_rng(1).normal(size=(ITEMS, SETTINGS.width)).astype(np.float32)
    norm = {"final_norm/0", "final_norm/1"}
    assert set(weights) == {f"{ITEM_TABLE}/0", "recency/0", "projection/0", "projection/1"} | norm
    weights |= {f"{ITEM_TABLE}/0": table, "projection/0": np.zeros_like(weights["projection/0"])}
    set_weights(model, weights)
    scores = np.asarray(model(CONTEXTS))
    newest = table[CONTEXTS[:, -1] - 1]
    newest = newest - newest.mean(axis=1, keepdims=True)
    newest /= np.sqrt(newest.var(axis=1, keepdims=True) + 1e-6)
    assert np.allclose(scores, newest @ table.T, atol=1e-4), "column j is item j + 1"
    assert sum(weight.shape == (ITEMS, SETTINGS.width) for weight in model.weights) == 1


def test_a_missing_weight_is_named() -> None:
    model = scoring_model(plugins.encoder("bow"), SETTINGS, ITEMS, Form(last=True))
    weights = get_weights(model)
    del weights["recency/0"]
    with pytest.raises(StageError, match=r"weight recency/0 \(6, 8\) is missing"):
        set_weights(model, weights)


def test_a_weight_of_another_shape_is_named() -> None:
    model = scoring_model(plugins.encoder("bow"), SETTINGS, ITEMS, Form(last=True))
    weights = get_weights(model)
    weights["projection/1"] = np.zeros(9, np.float32)
    with pytest.raises(StageError, match=r"weight projection/1 \(8,\) is \(9,\) elsewhere"):
        set_weights(model, weights)


def test_weights_too_many_are_no_trouble() -> None:
    model = scoring_model(plugins.encoder("bow"), SETTINGS, ITEMS, Form(last=True))
    set_weights(model, {**get_weights(model), "head/0": np.zeros(3, np.float32)})


class Wide(Encoder):
    def encode(self, embeddings, mask, form):
        from tf_keras import layers

        return layers.Dense(3, name="wide")(embeddings)


class NeverLast(Encoder):
    def encode(self, embeddings, mask, form):
        return embeddings


@pytest.mark.parametrize(
    ("encoder", "form", "found", "due"),
    [
        (Wide(), Form(), "6, 3", "6, 8"),
        (NeverLast(), Form(last=True), "6, 8", "8"),
    ],
)
def test_an_encoder_of_another_shape_is_named(encoder, form, found, due) -> None:
    with pytest.raises(StageError) as caught:
        scoring_model(encoder, SETTINGS, ITEMS, form)
    assert type(encoder).__name__ in caught.value.what
    assert f"(batch, {found}) where (batch, {due}) was due" in caught.value.what
    assert "writing-an-encoder" in caught.value.remedy


DENSE, NORM = 8 * 8 + 8, 2 * 8


@pytest.mark.parametrize(
    ("name", "encoder_parameters"),
    [
        ("bow", 6 * 8 + DENSE + NORM),
        ("cnn", 3 * 2 * (3 * 8 * 8 + 8) + DENSE + 2 * NORM),
        ("lstm", 2 * 8 * 32 + 32 + DENSE + NORM),
        ("gru", 2 * 8 * 24 + 2 * 24 + DENSE + NORM),
        ("attention", 2 * (6 * DENSE + 2 * NORM) + NORM),
        ("gated_attention", 2 * (5 * DENSE + 2 * NORM) + NORM),
        ("mixer", 2 * (3 * DENSE + 2 * NORM + 6 * 8) + NORM),
        ("lru", 2 * (3 * DENSE + 2 * NORM + 8) + NORM),
    ],
)
def test_parameters_are_counted_once(name, encoder_parameters) -> None:
    model = scoring_model(plugins.encoder(name), SETTINGS, ITEMS, Form(last=True))
    assert count_parameters(model) == ITEMS * SETTINGS.width + encoder_parameters


def test_dropout_is_there_in_training_only() -> None:
    model = training_model(plugins.encoder("bow"), SETTINGS, ITEMS, dropout=0.5)
    still = [np.asarray(model(CONTEXTS, training=False)[0]) for _ in range(2)]
    moving = [np.asarray(model(CONTEXTS, training=True)[0]) for _ in range(2)]
    assert np.array_equal(*still)
    assert not np.array_equal(*moving)
    without = training_model(plugins.encoder("bow"), SETTINGS, ITEMS, dropout=0.0)
    assert "embedding_dropout" not in {layer.name for layer in without.layers}
