"""The feature contract as checks. Each raises AssertionError with what was found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from rbench.features import CONTEXT, Feature
from rbench.features.feature import TIME, filled

WIDTH, LENGTH = 4, 6
CLOSE = 1e-5


def check_values(feature: Feature) -> None:
    """A value for every item, of the type that the input has; none for no items."""
    assert feature.name.isidentifier(), f"{feature.name!r} names no input"
    assert feature.name != CONTEXT, f"{CONTEXT} is the items' own input"
    for count in (0, 1, LENGTH):
        column, now = _column(feature, count + 1)[:-1], _column(feature, count + 1)[-1]
        found = feature.values(column, now)
        assert found.shape == (count,), f"values of shape {found.shape}, where ({count},) was due"
        assert found.dtype == np.dtype(feature.dtype), f"{found.dtype}, not {feature.dtype}"


def check_vectors(feature: Feature) -> None:
    """A finite vector for every position, and gradients that reach every weight."""
    import tensorflow as tf

    model, given = _model(feature), _given(feature, LENGTH)[None]
    with tf.GradientTape() as tape:
        found = model(given)
        total = tf.reduce_sum(found * found)
    assert found.shape == (1, LENGTH, WIDTH), f"vectors of shape {tuple(found.shape)}"
    assert np.isfinite(np.asarray(found)).all(), "a vector is not finite"
    for weight, gradient in zip(
        model.trainable_weights, tape.gradient(total, model.trainable_weights), strict=True
    ):
        assert gradient is not None, f"no gradient reaches {weight.name}"
    for layer in model.layers:
        assert not layer.weights or layer.name.startswith(feature.name), (
            f"the layer {layer.name} has weights and another name than {feature.name}…"
        )


def check_moments(feature: Feature) -> None:
    """What training sees at a position is what a request at that moment sees: the vector there is
    that of the newest position of a context that ends there.
    """
    column = _column(feature, LENGTH + 1)
    model = _model(feature)
    whole = np.asarray(model(_row(feature, column[:-1], column[-1])[None]))[0]
    for end in range(1, LENGTH + 1):
        then = np.asarray(model(_row(feature, column[:end], column[end])[None]))[0]
        apart = np.abs(whole[:end] - then[LENGTH - end :]).max()
        assert apart <= CLOSE, (
            f"training sees another vector than a request after {end} items: {apart:.3g} apart"
        )


def check_request(feature: Feature) -> None:
    """One that is no `request` does not look at it."""
    column = _column(feature, LENGTH + 1)
    now, later = feature.values(column[:-1], column[-1]), feature.values(column[:-1], column[0])
    assert feature.request or np.array_equal(now, later), (
        "it looks at the moment of the request, and does not say so: request = True"
    )


CHECKS: tuple[Callable[[Feature], None], ...] = (
    check_values,
    check_vectors,
    check_moments,
    check_request,
)


def check_feature(feature: Feature) -> None:
    """All checks, the first failure raised.

    Raises:
        AssertionError: the feature breaks its contract; the message says how.
    """
    for check in CHECKS:
        check(feature)


class FeatureContract:
    """The checks as a pytest class: derive from it and set ``feature``."""

    feature: ClassVar[Feature]

    def test_values(self) -> None:
        check_values(self.feature)

    def test_vectors(self) -> None:
        check_vectors(self.feature)

    def test_moments(self) -> None:
        check_moments(self.feature)

    def test_request(self) -> None:
        check_request(self.feature)


def _column(feature: Feature, count: int) -> NDArray[Any]:
    """Values as they might stand in a log, oldest first: times, or a few numbers."""
    random = np.random.default_rng(1)
    if feature.column == TIME:
        gaps = np.array([3, 500, 90_000, 2, 10_000_000, 60, 7_000])[:count]
        return np.asarray(1_500_000_000 + np.cumsum(gaps), np.int64)
    return random.integers(0, 5, count).astype(np.float64)


def _row(feature: Feature, column: NDArray[Any], now: Any) -> NDArray[Any]:
    return filled(feature.values(column, now), LENGTH, feature.dtype)


def _given(feature: Feature, count: int) -> NDArray[Any]:
    column = _column(feature, count + 1)
    return _row(feature, column[:-1], column[-1])


def _model(feature: Feature) -> Any:
    import tf_keras

    given = tf_keras.Input((LENGTH,), dtype=feature.dtype, name=feature.name)
    return tf_keras.Model(given, feature.embed(given, WIDTH))
