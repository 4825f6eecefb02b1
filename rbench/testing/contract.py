"""The encoder contract as checks. Each raises AssertionError with what was found."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from rbench.encoding import Encoder, Form, ModelSettings
from rbench.errors import RbenchError

SETTINGS = ModelSettings(width=16, length=12, top_k=5)
SHORTER = ModelSettings(width=16, length=8, top_k=5)
ITEMS = 40
CLOSE = 1e-4
"""Largest difference of two outputs that count as equal; outputs are about 1."""

FloatArray = NDArray[np.float32]


def check_shapes(encoder: Encoder) -> None:
    """``(batch, length, width)``, or the last position alone; finite; the forms agree."""
    inputs = _embeddings(items=7)
    weights = _weights(encoder, Form())
    every = _run(encoder, Form(), *inputs, weights=weights)
    assert every.shape == (2, SETTINGS.length, SETTINGS.width), f"shape {every.shape}"
    assert np.isfinite(every).all(), "the output holds what is no finite number"
    forms = [Form(last=True)]
    if encoder.recurrent:
        forms.append(Form(last=True, unrolled=True))
    for form in forms:
        last = _run(encoder, form, *inputs, weights=weights)
        assert last.shape == (2, SETTINGS.width), f"{form}: shape {last.shape}"
        apart = float(np.abs(last - every[:, -1]).max())
        assert apart < CLOSE, f"{form} is {apart:.2g} apart from the last position of Form()"


def check_causality(encoder: Encoder) -> None:
    """Changing a later item changes no earlier position, and does change its own."""
    embeddings, mask = _embeddings(items=SETTINGS.length)
    weights = _weights(encoder, Form())
    before = _run(encoder, Form(), embeddings, mask, weights=weights)
    for place in (SETTINGS.length - 1, SETTINGS.length // 2, 1):
        changed = embeddings.copy()
        changed[:, place] = changed[:, place, ::-1]
        after = _run(encoder, Form(), changed, mask, weights=weights)
        seen = float(np.abs(after[:, :place] - before[:, :place]).max())
        assert seen < CLOSE, f"position {place} is seen by an earlier one ({seen:.2g})"
        felt = float(np.abs(after[:, place] - before[:, place]).max())
        assert felt > 1e-6, f"the item at position {place} does not matter there"


def check_padding(encoder: Encoder) -> None:
    """How much padding stands before a context does not matter.

    The same context is run at two lengths. A weight with an axis as long as the context belongs
    to the newest positions: the shorter model takes its newest end.
    """
    items = 5
    embeddings, mask = _embeddings(items=items)
    weights = _weights(encoder, Form())
    wide = _run(encoder, Form(), embeddings, mask, weights=weights)[:, -items:]
    cut = {name: _newest(value) for name, value in weights.items()}
    start = SETTINGS.length - SHORTER.length
    narrow = _run(
        encoder, Form(), embeddings[:, start:], mask[:, start:], weights=cut, settings=SHORTER
    )[:, -items:]
    apart = float(np.abs(wide - narrow).max())
    assert apart < CLOSE, (
        f"{start} more padded positions change the output by {apart:.2g}: mask them, and keep "
        "what follows a zero input at zero"
    )


def check_gradients(encoder: Encoder) -> None:
    """Learning reaches every weight."""
    import tensorflow as tf

    model = _model(encoder, Form(), SETTINGS)
    embeddings, mask = _embeddings(items=SETTINGS.length)
    goal = np.random.default_rng(3).normal(size=(2, SETTINGS.length, SETTINGS.width))
    with tf.GradientTape() as tape:
        output = model([embeddings, mask], training=False)
        loss = tf.reduce_sum(output * tf.constant(goal, tf.float32))
    variables = model.trainable_variables
    for variable, gradient in zip(variables, tape.gradient(loss, variables), strict=True):
        assert gradient is not None, f"no gradient reaches {variable.name}"
        dense = np.asarray(tf.convert_to_tensor(gradient))
        assert np.isfinite(dense).all(), f"the gradient of {variable.name} is not finite"
        assert np.abs(dense).max() > 0, f"the gradient of {variable.name} is zero"


def check_save_and_load(encoder: Encoder) -> None:
    """Weights written and read again, into a fresh model, give the same output."""
    from rbench.train.weights import load_weights, save_weights

    inputs = _embeddings(items=9)
    weights = _weights(encoder, Form())
    assert len(weights) == len({name.casefold() for name in weights}), "two weights share a name"
    with tempfile.TemporaryDirectory() as place:
        save_weights(Path(place), weights)
        loaded = load_weights(Path(place))
    before = _run(encoder, Form(), *inputs, weights=weights)
    after = _run(encoder, Form(), *inputs, weights=loaded)
    assert np.array_equal(before, after), "loading its own weights changes the output"


def check_tap(encoder: Encoder) -> None:
    """An encoder that keeps a state gives, item by item, what it gives for the whole context; and
    padding leaves the state of an empty history as it is.
    """
    if not encoder.state(SETTINGS.width, SETTINGS.length):
        return
    from rbench.graph.model import set_weights

    embeddings, mask = _embeddings(items=SETTINGS.length - 3)
    weights = _weights(encoder, Form())
    every = _run(encoder, Form(), embeddings, mask, weights=weights)
    model, numbers = _tap(encoder)
    try:
        set_weights(model, weights)
    except RbenchError as error:
        raise AssertionError(f"its tap is another model: {error}") from error
    state = np.zeros((2, numbers), np.float32)
    for place in range(SETTINGS.length):
        asked = [embeddings[:, place : place + 1], mask[:, place : place + 1], state]
        vector, state = (np.asarray(one) for one in model(asked, training=False))
        assert vector.shape == (2, SETTINGS.width), f"its tap gives {vector.shape}"
        assert state.shape == (2, numbers), f"its tap hands on a state {state.shape}"
        if mask[0, place]:
            apart = float(np.abs(vector - every[:, place]).max())
            assert apart < CLOSE, (
                f"after {place + 1} taps it is {apart:.2g} apart from the whole context"
            )


def check_conversion(encoder: Encoder) -> None:
    """It converts to builtin TFLite operators, and the file agrees with Keras."""
    from ai_edge_litert.interpreter import Interpreter

    from rbench.convert.census import take_census
    from rbench.convert.export import Recommender
    from rbench.graph.model import scoring_model
    from rbench.signatures import INPUT, OUTPUT_ITEMS, OUTPUT_SCORES, SIGNATURE
    from rbench.testing.whole import converted

    context = np.zeros((1, SETTINGS.length), np.int32)
    context[0, -4:] = [3, 1, 4, 2]
    forms = [Form(last=True), *([Form(last=True, unrolled=True)] if encoder.recurrent else [])]
    for form in forms:
        try:
            model = scoring_model(encoder, SETTINGS, ITEMS, form)
            recommender = Recommender(model, SETTINGS.length, SETTINGS.top_k)
            content = converted("float32", recommender, context)
        except RbenchError as error:
            raise AssertionError(f"{form} does not convert: {error}") from error
        ops, _ = take_census(content)
        strange = sorted({"CUSTOM", "STABLEHLO_CUSTOM_CALL"}.intersection(ops))
        assert not strange, f"{form}: not all operators are builtin ones: {strange}"
        interpreter = Interpreter(model_content=content)
        found = interpreter.get_signature_runner(SIGNATURE)(**{INPUT: context})
        scores = np.asarray(model(context))[0]
        best = np.sort(scores)[::-1][: SETTINGS.top_k]
        apart = float(np.abs(found[OUTPUT_SCORES][0] - best).max())
        assert apart < CLOSE, f"{form}: the file's scores are {apart:.2g} apart from Keras's"
        named = scores[found[OUTPUT_ITEMS][0] - 1]
        assert np.abs(named - best).max() < CLOSE, f"{form}: the file names other items"


CHECKS: tuple[Callable[[Encoder], None], ...] = (
    check_shapes,
    check_causality,
    check_padding,
    check_gradients,
    check_save_and_load,
    check_tap,
    check_conversion,
)


def check_encoder(encoder: Encoder) -> None:
    """All checks, the first failure raised.

    Raises:
        AssertionError: the encoder breaks its contract; the message says how.
    """
    for check in CHECKS:
        check(encoder)


class EncoderContract:
    """The checks as a pytest class: derive from it and set ``encoder``."""

    encoder: ClassVar[Encoder]

    def test_shapes(self) -> None:
        check_shapes(self.encoder)

    def test_causality(self) -> None:
        check_causality(self.encoder)

    def test_padding(self) -> None:
        check_padding(self.encoder)

    def test_gradients(self) -> None:
        check_gradients(self.encoder)

    def test_save_and_load(self) -> None:
        check_save_and_load(self.encoder)

    def test_tap(self) -> None:
        check_tap(self.encoder)

    def test_conversion(self) -> None:
        check_conversion(self.encoder)


def _embeddings(items: int) -> tuple[FloatArray, FloatArray]:
    """Two contexts with so many items: embeddings (zero where padded) and their mask."""
    random = np.random.default_rng(1)
    embeddings = random.normal(size=(2, SETTINGS.length, SETTINGS.width)).astype(np.float32)
    mask = np.zeros((2, SETTINGS.length), np.float32)
    mask[:, SETTINGS.length - items :] = 1
    return embeddings * mask[:, :, None], mask


def _model(encoder: Encoder, form: Form, settings: ModelSettings) -> Any:
    import tf_keras

    embeddings = tf_keras.Input((settings.length, settings.width))
    mask = tf_keras.Input((settings.length,))
    try:
        return tf_keras.Model([embeddings, mask], encoder.encode(embeddings, mask, form))
    except Exception as error:  # a stranger's code and Keras raise whatever they like
        raise AssertionError(f"{form} cannot be drawn: {error}") from error


def _tap(encoder: Encoder) -> tuple[Any, int]:
    import tf_keras

    width, length = SETTINGS.width, SETTINGS.length
    numbers = encoder.state(width, length)
    embedding, mask = tf_keras.Input((1, width)), tf_keras.Input((1,))
    state = tf_keras.Input((numbers,))
    try:
        drawn = encoder.tap(embedding, mask, state, length)
        return tf_keras.Model([embedding, mask, state], list(drawn)), numbers
    except Exception as error:  # a stranger's code and Keras raise whatever they like
        raise AssertionError(f"its tap cannot be drawn: {error}") from error


def _weights(encoder: Encoder, form: Form) -> dict[str, FloatArray]:
    """Random weights of every shape, biases too, under the constraints that the layers set."""
    from rbench.graph.model import get_weights

    model = _model(encoder, form, SETTINGS)
    random = np.random.default_rng(2)
    for weight in model.weights:
        value = np.asarray(weight) + random.normal(scale=0.1, size=weight.shape)
        weight.assign(value.astype(np.float32))
        if getattr(weight, "constraint", None) is not None:
            weight.assign(weight.constraint(weight))
    return get_weights(model)


def _run(
    encoder: Encoder,
    form: Form,
    embeddings: FloatArray,
    mask: FloatArray,
    weights: dict[str, FloatArray] | None = None,
    settings: ModelSettings = SETTINGS,
) -> FloatArray:
    from rbench.graph.model import set_weights

    model = _model(encoder, form, settings)
    if weights is not None:
        try:
            set_weights(model, weights)
        except RbenchError as error:
            raise AssertionError(f"{form}, drawn again, is another model: {error}") from error
    return np.asarray(model([embeddings, mask], training=False))


def _newest(weight: FloatArray) -> FloatArray:
    """The newest end of every axis that is as long as the context."""
    for axis, size in enumerate(weight.shape):
        if size == SETTINGS.length:
            kept = range(SETTINGS.length - SHORTER.length, SETTINGS.length)
            weight = np.take(weight, kept, axis=axis)
    return weight
