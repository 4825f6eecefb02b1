"""The loss contract as checks. Each raises AssertionError with what was found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from rbench.losses import Hidden, Loss

ITEMS, WIDTH, PLACES, LENGTH = 12, 4, 6, 3
CLOSE = 1e-4
"""Largest difference, relative, of two losses that count as equal."""


def check_number(loss: Loss) -> None:
    """One finite float32 number, drawn as a graph; the same twice."""
    found, _ = _drawn(loss)
    assert found.shape == (), f"shape {found.shape}, where one number was due"
    assert found.dtype == np.float32, f"{found.dtype}, where float32 was due"
    assert np.isfinite(found), "the loss is no finite number"


def check_gradients(loss: Loss) -> None:
    """Finite gradients reach the vectors and the table, and a step along them lowers the loss."""
    found, gradients = _drawn(loss)
    for name, gradient in zip(("vectors", "table"), gradients, strict=True):
        assert gradient is not None, f"no gradient reaches the {name}"
        assert np.isfinite(gradient).all(), f"the gradient of the {name} is not finite"
        assert np.abs(gradient).max() > 0, f"the gradient of the {name} is zero"
    vectors, table, targets, weights = _step()
    moved = vectors - 0.01 * gradients[0], table - 0.01 * gradients[1]
    lower, _ = _drawn(loss, (*moved, targets, weights))
    assert lower < found, "a step against its gradient does not lower it"


def check_weights(loss: Loss) -> None:
    """What fills a batch up does not matter: places of weight 0 change nothing."""
    vectors, table, targets, weights = _step()
    odd = vectors.copy()
    odd[-1] += 3
    other = targets.copy()
    other[-1] = 0
    before, _ = _drawn(loss, (vectors, table, targets, weights))
    after, _ = _drawn(loss, (odd, table, other, weights))
    assert abs(before - after) <= CLOSE * max(1.0, abs(before)), "a place of weight 0 matters"


def check_hidden(loss: Loss) -> None:
    """It takes ``hidden``, and stays a finite number."""
    had = np.full((2, ITEMS), LENGTH, np.int32)
    had[0, 2:7] = 0
    places = np.array([0, 1, 2, 3, 4, 5], np.int32)
    found, gradients = _drawn(loss, hidden=Hidden(places, had, LENGTH))
    assert found.shape == (), f"shape {found.shape}, where one number was due"
    assert np.isfinite(found), "with hidden items the loss is no finite number"
    assert all(np.isfinite(one).all() for one in gradients), "a gradient is not finite"


CHECKS: tuple[Callable[[Loss], None], ...] = (
    check_number,
    check_gradients,
    check_weights,
    check_hidden,
)


def check_loss(loss: Loss) -> None:
    """All checks, the first failure raised.

    Raises:
        AssertionError: the loss breaks its contract; the message says how.
    """
    for check in CHECKS:
        check(loss)


class LossContract:
    """The checks as a pytest class: derive from it and set ``loss``."""

    loss: ClassVar[Loss]

    def test_number(self) -> None:
        check_number(self.loss)

    def test_gradients(self) -> None:
        check_gradients(self.loss)

    def test_weights(self) -> None:
        check_weights(self.loss)

    def test_hidden(self) -> None:
        check_hidden(self.loss)


Step = tuple[Any, Any, Any, Any]


def _step() -> Step:
    """Vectors, table, targets and weights; the last place fills up."""
    random = np.random.default_rng(1)
    vectors = random.normal(size=(PLACES, WIDTH)).astype(np.float32)
    table = random.normal(size=(ITEMS, WIDTH)).astype(np.float32)
    targets = random.integers(1, ITEMS, PLACES).astype(np.int32)
    weights = np.ones(PLACES, np.float32)
    weights[-1] = 0
    return vectors, table, targets, weights


def _drawn(loss: Loss, step: Step | None = None, hidden: Hidden | None = None) -> tuple[Any, Any]:
    """The loss, and its gradients by vectors and table, as a training step takes them."""
    import tensorflow as tf

    tf.random.set_seed(1)  # a loss may draw negatives
    vectors, table, targets, weights = map(tf.constant, step or _step())
    held = None
    if hidden is not None:
        held = Hidden(tf.constant(hidden.places), tf.constant(hidden.had), hidden.length)

    @tf.function  # type: ignore[untyped-decorator]
    def drawn() -> Any:
        with tf.GradientTape() as tape:
            tape.watch([vectors, table])
            found = loss.of(vectors, table, targets, weights, held)
        return found, tape.gradient(found, [vectors, table])

    found, gradients = drawn()
    dense = [None if one is None else np.asarray(tf.convert_to_tensor(one)) for one in gradients]
    return np.asarray(found), dense
