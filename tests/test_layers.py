"""The small layers: known answers, no weights, and a way back from their configuration."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="layers need rbench[sweep]")

import tensorflow as tf
import tf_keras

from rbench import layers

pytestmark = pytest.mark.slow

IDS = np.array([[0, 0, 3, 1], [4, 2, 5, 5]], np.int32)
VECTORS = np.arange(24, dtype=np.float32).reshape(2, 4, 3)
MASK = np.array([[0, 0, 1, 1], [1, 1, 1, 1]], np.float32)
SCORES = np.zeros((2, 4, 4), np.float32)
EVERY = {
    "Mask": (layers.Mask(), IDS),
    "Rows": (layers.Rows(), IDS),
    "Unflatten": (layers.Unflatten(4), VECTORS.reshape(8, 3)),
    "Masked": (layers.Masked(), (VECTORS, MASK)),
    "Last": (layers.Last(2), VECTORS),
    "Count": (layers.Count(5), IDS),
    "Scores": (layers.Scores(), (VECTORS[:, 0], np.ones((7, 3), np.float32))),
    "CausalBias": (layers.CausalBias(30.0), (SCORES, MASK)),
}


def test_this_file_knows_every_layer() -> None:
    assert set(EVERY) == {
        name
        for name, value in vars(layers).items()
        if isinstance(value, type) and issubclass(value, tf_keras.layers.Layer)
    }


@pytest.mark.parametrize("name", EVERY)
def test_a_layer_holds_no_weights_and_comes_back_from_its_configuration(name) -> None:
    layer, inputs = EVERY[name]
    expected = np.asarray(layer(inputs))
    assert layer.weights == []
    config = tf_keras.utils.serialize_keras_object(layer)
    again = tf_keras.utils.deserialize_keras_object(config)
    assert type(again) is type(layer)
    assert again.get_config() == layer.get_config()
    assert np.array_equal(np.asarray(again(inputs)), expected)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("Mask", MASK),
        ("Rows", np.array([0, 0, 2, 0, 3, 1, 4, 4], np.int32)),
        ("Unflatten", VECTORS),
        ("Masked", VECTORS * MASK[:, :, None]),
        ("Last", VECTORS[:, 2:]),
        ("Count", np.arange(5, dtype=np.int32)),
        ("Scores", np.repeat(VECTORS[:, 0].sum(axis=1)[:, None], 7, axis=1)),
    ],
)
def test_a_known_answer(name, answer) -> None:
    layer, inputs = EVERY[name]
    found = np.asarray(layer(inputs))
    assert found.dtype == answer.dtype
    assert np.array_equal(found, answer)


def test_attention_sees_neither_padding_nor_the_future() -> None:
    found = np.asarray(layers.CausalBias(30.0)((SCORES, MASK)))
    x = -30.0
    padded = [[x, x, x, x], [x, x, x, x], [x, x, 0, x], [x, x, 0, 0]]
    full = [[0, x, x, x], [0, 0, x, x], [0, 0, 0, x], [0, 0, 0, 0]]
    assert np.array_equal(found, np.array([padded, full], np.float32))


def test_the_newest_query_alone_sees_every_item_and_no_padding() -> None:
    found = np.asarray(layers.CausalBias(30.0)((SCORES[:, :1], MASK)))
    assert np.array_equal(found[:, 0], np.array([[-30, -30, 0, 0], [0, 0, 0, 0]], np.float32))


def test_the_queries_are_the_newest_positions() -> None:
    whole = np.asarray(layers.CausalBias(5.0)((SCORES, MASK)))
    two = np.asarray(layers.CausalBias(5.0)((SCORES[:, :2], MASK)))
    assert np.array_equal(two, whole[:, 2:])


def test_the_bias_is_added_once_where_padding_is_in_the_future_too() -> None:
    mask = np.array([[1, 0]], np.float32)  # never so in a context: the two reasons must not add up
    found = np.asarray(layers.CausalBias(7.0)((np.ones((1, 2, 2), np.float32), mask)))
    assert found.tolist() == [[[1, -6], [1, -6]]]


def test_what_leaks_through_the_penalty_is_nothing() -> None:
    scores = np.random.default_rng(1).normal(scale=3, size=(1, 4, 4)).astype(np.float32)
    biased = layers.CausalBias(30.0)((scores, MASK[1:]))
    weights = np.asarray(tf.nn.softmax(biased))[0]
    assert weights[np.triu_indices(4, 1)].max() < 1e-8
    assert np.allclose(weights.sum(axis=1), 1)
