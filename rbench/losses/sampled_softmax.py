"""Softmax against a sample: for catalogues whose full product would cost too much."""

from __future__ import annotations

from dataclasses import dataclass

from rbench.losses.loss import HIDDEN, Hidden, Loss, Tensor


@dataclass(frozen=True)
class SampledSoftmax(Loss):
    """Mean cross-entropy in nats against a sample of the catalogue, drawn evenly and shared by all
    positions of a step.

    Each drawn item stands for its part of the catalogue: the logarithm of that part is added to its
    score (the logQ correction), so that with more negatives the loss becomes the full softmax's.
    The target does not count among its own negatives. The draw follows from the step's targets
    alone: whoever goes on with a training draws what it would have drawn.
    """

    negatives: int = 1000

    def __post_init__(self) -> None:
        if not 1 <= self.negatives <= 1_000_000:
            raise ValueError("negatives must be a whole number from 1 to 1,000,000")

    def of(
        self,
        vectors: Tensor,
        table: Tensor,
        targets: Tensor,
        weights: Tensor,
        hidden: Hidden | None,
    ) -> Tensor:
        import tensorflow as tf

        items = tf.shape(table)[0]
        drawn = tf.random.stateless_uniform(
            [self.negatives], _seed(targets, weights), 0, items, tf.int32
        )
        scores = tf.matmul(vectors, tf.gather(table, drawn), transpose_b=True)
        scores += tf.math.log(tf.cast(items, tf.float32) / self.negatives)
        apart = drawn[tf.newaxis] == targets[:, tf.newaxis]
        if hidden is not None:
            apart |= hidden.mask_among(drawn, targets)
        scores = tf.where(apart, HIDDEN, scores)
        mine = tf.reduce_sum(vectors * tf.gather(table, targets), axis=1)
        sums = tf.reduce_logsumexp(tf.concat([mine[:, tf.newaxis], scores], axis=1), axis=1)
        return tf.reduce_sum((sums - mine) * weights) / tf.reduce_sum(weights)


def _seed(targets: Tensor, weights: Tensor) -> Tensor:
    """Two numbers from the targets that learn, and from their order."""
    import tensorflow as tf

    learning = tf.where(weights > 0, targets + 1, 0)
    order = tf.range(1, tf.shape(targets)[0] + 1)
    return tf.stack([tf.reduce_sum(learning), tf.reduce_sum(learning * order)])
