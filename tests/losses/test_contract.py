"""Ours keeps the loss contract; what breaks it is told how."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

import pytest

if not find_spec("tensorflow"):  # importing it takes seconds
    pytest.skip("the contract needs rbench[sweep]", allow_module_level=True)

from rbench.losses import Loss
from rbench.losses.sampled_softmax import SampledSoftmax
from rbench.losses.softmax import Softmax
from rbench.testing import LossContract, check_loss


class TestSoftmax(LossContract):
    loss = Softmax()


class TestSampledSoftmax(LossContract):
    loss = SampledSoftmax(negatives=8)


@dataclass(frozen=True)
class Pairwise(Loss):
    """Bayesian personalized ranking against every other item, smoothed."""

    margin: float = 0.0

    def of(self, vectors, table, targets, weights, hidden):
        import tensorflow as tf

        scores = tf.matmul(vectors, table, transpose_b=True)
        mine = tf.gather(scores, targets, batch_dims=1)[:, None]
        losses = tf.reduce_mean(tf.nn.softplus(scores - mine + self.margin), axis=1)
        return tf.reduce_sum(losses * weights) / tf.reduce_sum(weights)


class TestPairwise(LossContract):
    loss = Pairwise(0.5)


class EveryPlace(Pairwise):
    def of(self, vectors, table, targets, weights, hidden):
        return super().of(vectors, table, targets, weights * 0 + 1, hidden)


class NoNumber(Pairwise):
    def of(self, vectors, table, targets, weights, hidden):
        return super().of(vectors, table, targets, weights, hidden)[None]


class Deaf(Pairwise):
    def of(self, vectors, table, targets, weights, hidden):
        import tensorflow as tf

        return super().of(vectors, tf.stop_gradient(table), targets, weights, hidden)


class Uphill(Pairwise):
    def of(self, vectors, table, targets, weights, hidden):
        import tensorflow as tf

        found = super().of(vectors, table, targets, weights, hidden)
        return tf.stop_gradient(2 * found) - found


class ForgetsHidden(Pairwise):
    def of(self, vectors, table, targets, weights, hidden):
        found = super().of(vectors, table, targets, weights, hidden)
        return found if hidden is None else found / 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (EveryPlace, "a place of weight 0 matters"),
        (NoNumber, "one number was due"),
        (Deaf, "no gradient reaches the table"),
        (Uphill, "does not lower it"),
        (ForgetsHidden, "with hidden items"),
    ],
)
def test_what_breaks_it_is_told_how(broken, says):
    with pytest.raises(AssertionError, match=says):
        check_loss(broken())
