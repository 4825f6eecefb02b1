"""What each encoder claims to compute, by hand."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

if not find_spec("tensorflow"):  # importing it takes seconds
    pytest.skip("encoders need rbench[sweep]", allow_module_level=True)

from rbench.encoding import Form
from rbench_encoders import curves, recurrence
from rbench_encoders.attention import Attention
from rbench_encoders.bow import Bow
from rbench_encoders.cnn import Cnn
from rbench_encoders.gated_attention import GatedAttention
from rbench_encoders.gru import Gru
from rbench_encoders.lru import Lru
from rbench_encoders.lstm import Lstm
from rbench_encoders.mixer import Mixer

pytestmark = pytest.mark.slow

LENGTH, WIDTH = 9, 4


def drawn(encoder, form=Form()):  # noqa: B008 - a frozen value
    import tf_keras

    embeddings = tf_keras.Input((LENGTH, WIDTH))
    mask = tf_keras.Input((LENGTH,))
    return tf_keras.Model([embeddings, mask], encoder.encode(embeddings, mask, form))


def context(items=LENGTH, seed=1):
    mask = np.zeros((1, LENGTH), np.float32)
    mask[:, LENGTH - items :] = 1
    values = np.random.default_rng(seed).normal(size=(1, LENGTH, WIDTH)).astype(np.float32)
    return values * mask[:, :, None], mask


def normed(x):
    x = np.asarray(x, np.float64)
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-6)


def silu(x):
    return x / (1 + np.exp(-x))


def summed(values):
    """New curves by hand, one a channel: ``(length, width)`` -> the same shape."""
    decay = np.linspace(curves.FASTEST, curves.SLOWEST, WIDTH)
    taps = decay ** np.arange(LENGTH)[:, None]
    taps /= np.linalg.norm(taps, axis=0)
    return np.stack([(taps[place::-1] * values[: place + 1]).sum(0) for place in range(LENGTH)])


def test_a_new_bag_of_words_is_the_faded_sum_of_its_items_beside_the_newest() -> None:
    model = drawn(Bow())
    model.get_layer("projection").set_weights([np.eye(WIDTH), np.zeros(WIDTH)])
    embeddings, mask = context(items=5)
    found = np.asarray(model([embeddings, mask]))[0]
    assert np.allclose(found, normed(embeddings[0] + summed(embeddings[0])), atol=1e-4)


@pytest.mark.parametrize("width", [4, 8, 12, 64])
def test_curves_are_the_same_in_every_shape_whatever_the_width(width) -> None:
    values = np.random.default_rng(1).normal(size=(2, LENGTH, width)).astype(np.float32)
    kinds = curves.All(), curves.Filtered(), curves.Newest()
    for kind in kinds:
        kind.build(values.shape)
        kind.taps.assign(np.random.default_rng(2).normal(size=kind.taps.shape))
    whole, filtered, newest = (np.asarray(kind(values)) for kind in kinds)
    assert whole.shape == values.shape
    assert np.allclose(filtered, whole, atol=1e-4)
    assert np.allclose(newest, whole[:, -1:], atol=1e-4)


def test_a_mixer_reads_its_sums_through_a_gate() -> None:
    model = drawn(Mixer(blocks=1))
    embeddings, mask = context()
    found = np.asarray(model([embeddings, mask]))[0]
    by_name = {layer.name: layer for layer in model.layers if layer.weights}
    value, gate, output = (
        by_name[f"block_0_{name}"].get_weights()[0] for name in ("value", "gate", "output")
    )
    x = embeddings[0]
    read = normed(summed(normed(x) @ value)) * silu(normed(x) @ gate)
    assert np.allclose(found, normed(x + read @ output), atol=1e-4)


def test_a_cnn_sees_the_items_under_its_taps() -> None:
    encoder = Cnn(kernel=2, dilations=(1, 3))
    for form in (Form(), Form(last=True)):
        model = drawn(encoder, form)
        embeddings, mask = context()
        before = np.asarray(model([embeddings, mask])).reshape(-1, WIDTH)[-1]
        seen = set()
        for age in range(LENGTH):
            changed = embeddings.copy()
            changed[0, LENGTH - 1 - age] = changed[0, LENGTH - 1 - age, ::-1]
            after = np.asarray(model([changed, mask])).reshape(-1, WIDTH)[-1]
            if not np.allclose(after, before, atol=1e-6):
                seen.add(age)
        assert seen == {0, 1, 3, 4}


@pytest.mark.parametrize(("encoder", "name"), [(Lstm(), "lstm"), (Gru(), "gru")])
def test_the_candidates_bias_is_held_at_zero(encoder, name) -> None:
    """So that no learning can make padding matter."""
    import tensorflow as tf
    import tf_keras

    model = drawn(encoder)
    optimizer = tf_keras.optimizers.SGD(1.0)
    bias = model.get_layer(name).weights[2]
    embeddings, mask = context()
    for _ in range(2):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(model([embeddings, mask]) ** 2)
        variables = model.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
    value = np.atleast_2d(np.asarray(bias))
    candidate = slice(2 * WIDTH, 3 * WIDTH)
    assert (value[:, candidate] == 0).all()
    assert (np.delete(value, np.arange(2 * WIDTH, 3 * WIDTH), axis=1) != 0).any()
    embeddings, mask = context(items=3)
    states = np.asarray(model.get_layer(name)(embeddings))[0]
    assert (states[: LENGTH - 3] == 0).all(), "a zero state stays zero on padding"


def test_one_query_and_one_key_are_enough_for_the_first_item() -> None:
    """Attention over one item is that item's value, whatever the padding before it."""
    model = drawn(Attention(blocks=1, heads=1), Form(last=True))
    one, mask = context(items=1)
    found = np.asarray(model([one, mask]))
    by_name = {layer.name: layer for layer in model.layers if layer.weights}
    x = one[:, -1:]
    known = by_name["block_0_attention_norm"](x)
    x = x + by_name["block_0_output"](by_name["block_0_head_0_value"](known))
    hidden = by_name["block_0_feed_in"](by_name["block_0_feed_norm"](x))
    x = x + by_name["block_0_feed_out"](hidden)
    x = by_name["final_norm"](np.asarray(x)[:, 0])
    assert np.allclose(found, np.asarray(x), atol=1e-5)


def test_gated_attention_fades_with_age_and_is_read_through_a_gate() -> None:
    """By hand: two heads with slopes 1/16 and 1/256."""
    model = drawn(GatedAttention(blocks=1))
    embeddings, mask = context(items=6)
    found = np.asarray(model([embeddings, mask]))[0]
    kernel = {layer.name: layer.get_weights()[0] for layer in model.layers if layer.weights}
    x = embeddings[0, -6:]
    heads = []
    for head, slope in enumerate((1 / 16, 1 / 256)):
        query, key, value = (
            normed(x) @ kernel[f"block_0_head_{head}_{part}"] for part in ("query", "key", "value")
        )
        scores = query @ key.T / np.sqrt(WIDTH / 2)
        ages = np.subtract.outer(np.arange(6), np.arange(6))
        weights = np.exp(np.where(ages < 0, -np.inf, scores - slope * ages))
        heads.append(weights / weights.sum(axis=1, keepdims=True) @ value)
    gate = silu(normed(x) @ kernel["block_0_gate"])
    read = normed(np.concatenate(heads, axis=1)) * gate
    assert np.allclose(found[-6:], normed(x + read @ kernel["block_0_output"]), atol=1e-4)


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 9, 16, 17, 50, 65])
@pytest.mark.parametrize("kind", [recurrence.Scan, recurrence.Filtered, recurrence.Newest])
def test_a_linear_recurrence_is_what_its_loop_computes(kind, length) -> None:
    values = np.random.default_rng(1).normal(size=(2, length, WIDTH)).astype(np.float32)
    layer = kind()
    found = np.asarray(layer(values))
    kept = np.linspace(0.2, 0.995, WIDTH)
    assert np.allclose(1 / (1 + np.exp(-np.asarray(layer.decay))), kept, atol=1e-6)
    state, states = np.zeros((2, WIDTH)), []
    for place in range(length):
        state = kept * state + np.sqrt(1 - kept**2) * values[:, place]
        states.append(state)
    expected = states[-1:] if kind is recurrence.Newest else states
    assert np.allclose(found, np.stack(expected, axis=1), atol=1e-5)


def test_a_block_reads_its_states_through_a_gate() -> None:
    model = drawn(Lru(blocks=1))
    embeddings, mask = context(items=5)
    found = np.asarray(model([embeddings, mask]))[0]
    by_name = {layer.name: layer for layer in model.layers if layer.weights}

    kept = np.linspace(0.2, 0.995, WIDTH)
    value, gate, output = (
        by_name[f"block_0_{name}"].get_weights()[0] for name in ("value", "gate", "output")
    )
    state = np.zeros(WIDTH)
    for place in range(LENGTH - 5, LENGTH):
        x = embeddings[0, place]
        state = kept * state + np.sqrt(1 - kept**2) * (normed(x) @ value)
        asked = normed(x) @ gate
        read = normed(state) * silu(asked)
        assert np.allclose(found[place], normed(x + read @ output), atol=1e-4)


@pytest.mark.parametrize("length", [50, 200])
def test_a_linear_recurrence_needs_few_numbers_of_a_long_context(length) -> None:
    layer = recurrence.Filtered()
    layer.build((None, length, 64))
    taps = [(apart, tuple(taps.shape)) for apart, taps in layer.filters(length)]
    assert [apart for apart, _ in taps] == [1, 4, 16, 64][: len(taps)]
    assert sum(np.prod(shape) for _, shape in taps) <= 16 * 64
    assert sum((count - 1) * apart for apart, (count, _) in taps) >= length - 1


def test_heads_must_divide_the_width() -> None:
    with pytest.raises(ValueError, match="width 4 is no multiple of 3 heads"):
        drawn(Attention(heads=3))
