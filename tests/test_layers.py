"""The small layers: known answers, no weights, and a way back from their configuration."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

if not find_spec("tensorflow"):  # importing it takes seconds
    pytest.skip("layers need rbench[sweep]", allow_module_level=True)

pytestmark = pytest.mark.slow

IDS = np.array([[0, 0, 3, 1], [4, 2, 5, 5]], np.int32)
VECTORS = np.arange(24, dtype=np.float32).reshape(2, 4, 3)
MASK = np.array([[0, 0, 1, 1], [1, 1, 1, 1]], np.float32)
SCORES = np.zeros((2, 4, 4), np.float32)
AGES = np.array([[90, 60, 60, 5], [7, 6, 3, 0]], np.int32)
EVERY = {
    "Mask": ((), IDS),
    "Rows": ((), IDS),
    "Flat": ((), IDS),
    "Unflatten": ((4,), VECTORS.reshape(8, 3)),
    "Gaps": (([1, 5, 30],), AGES),
    "Masked": ((), (VECTORS, MASK)),
    "Part": ((1, 3), VECTORS[:, 0]),
    "Last": ((2,), VECTORS),
    "Count": ((5,), IDS),
    "Scores": ((), (VECTORS[:, 0], np.ones((7, 3), np.float32))),
    "CausalBias": ((30.0,), (SCORES, MASK)),
}
"""Layer -> its arguments, and what it is called with."""


@pytest.fixture(scope="module")
def layers():
    from rbench import layers

    return layers


@pytest.fixture(scope="module")
def keras():
    import tf_keras

    return tf_keras


def test_this_file_knows_every_layer(layers, keras) -> None:
    assert set(EVERY) == {
        name
        for name, value in vars(layers).items()
        if isinstance(value, type) and issubclass(value, keras.layers.Layer)
    }


@pytest.mark.parametrize("name", EVERY)
def test_a_layer_holds_no_weights_and_comes_back_from_its_configuration(
    layers, keras, name
) -> None:
    arguments, inputs = EVERY[name]
    layer = getattr(layers, name)(*arguments)
    expected = np.asarray(layer(inputs))
    assert layer.weights == []
    config = keras.utils.serialize_keras_object(layer)
    again = keras.utils.deserialize_keras_object(config)
    assert type(again) is type(layer)
    assert again.get_config() == layer.get_config()
    assert np.array_equal(np.asarray(again(inputs)), expected)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("Mask", MASK),
        ("Rows", np.array([0, 0, 2, 0, 3, 1, 4, 4], np.int32)),
        ("Flat", IDS.reshape(-1)),
        ("Unflatten", VECTORS),
        ("Gaps", np.array([3, 0, 3, 2, 1, 1, 1, 0], np.int32)),
        ("Masked", VECTORS * MASK[:, :, None]),
        ("Part", VECTORS[:, 0, 1:2]),
        ("Last", VECTORS[:, 2:]),
        ("Count", np.arange(5, dtype=np.int32)),
        ("Scores", np.repeat(VECTORS[:, 0].sum(axis=1)[:, None], 7, axis=1)),
    ],
)
def test_a_known_answer(layers, name, answer) -> None:
    arguments, inputs = EVERY[name]
    found = np.asarray(getattr(layers, name)(*arguments)(inputs))
    assert found.dtype == answer.dtype
    assert np.array_equal(found, answer)


def test_attention_sees_neither_padding_nor_the_future(layers) -> None:
    found = np.asarray(layers.CausalBias(30.0)((SCORES, MASK)))
    x = -30.0
    padded = [[x, x, x, x], [x, x, x, x], [x, x, 0, x], [x, x, 0, 0]]
    full = [[0, x, x, x], [0, 0, x, x], [0, 0, 0, x], [0, 0, 0, 0]]
    assert np.array_equal(found, np.array([padded, full], np.float32))


def test_a_slope_takes_from_older_keys_no_more_than_the_penalty(layers) -> None:
    found = np.asarray(layers.CausalBias(5.0, 2.0)((SCORES[1:], MASK[1:])))[0]
    x = -5.0
    assert np.array_equal(
        found, np.array([[0, x, x, x], [-2, 0, x, x], [-4, -2, 0, x], [x, -4, -2, 0]], np.float32)
    )
    newest = np.asarray(layers.CausalBias(5.0, 2.0)((SCORES[1:, :1], MASK[1:])))[0]
    assert np.array_equal(newest, found[3:])


def test_the_newest_query_alone_sees_every_item_and_no_padding(layers) -> None:
    found = np.asarray(layers.CausalBias(30.0)((SCORES[:, :1], MASK)))
    assert np.array_equal(found[:, 0], np.array([[-30, -30, 0, 0], [0, 0, 0, 0]], np.float32))


def test_the_queries_are_the_newest_positions(layers) -> None:
    whole = np.asarray(layers.CausalBias(5.0)((SCORES, MASK)))
    two = np.asarray(layers.CausalBias(5.0)((SCORES[:, :2], MASK)))
    assert np.array_equal(two, whole[:, 2:])


def test_the_bias_is_added_once_where_padding_is_in_the_future_too(layers) -> None:
    mask = np.array([[1, 0]], np.float32)  # never so in a context: the two reasons must not add up
    found = np.asarray(layers.CausalBias(7.0)((np.ones((1, 2, 2), np.float32), mask)))
    assert found.tolist() == [[[1, -6], [1, -6]]]


def test_what_leaks_through_the_penalty_is_nothing(layers, keras) -> None:
    scores = np.random.default_rng(1).normal(scale=3, size=(1, 4, 4)).astype(np.float32)
    biased = layers.CausalBias(30.0)((scores, MASK[1:]))
    weights = np.asarray(keras.activations.softmax(biased))[0]
    assert weights[np.triu_indices(4, 1)].max() < 1e-8
    assert np.allclose(weights.sum(axis=1), 1)
