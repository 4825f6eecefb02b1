"""Full softmax over the catalogue: half of a training step's work, so compiled as one, its
gradients by hand.

The score of a target is its own product with its row: picking it out of all the scores, and
putting its gradient back there, costs as much again as the softmax. Where XLA is slow on CPUs it
is not used: rows are looked up and gradients put back one by one, and encoders run, as plain
TensorFlow. Importing this module imports TensorFlow.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from rbench.losses.loss import HIDDEN, Hidden, Tensor


@tf.function(jit_compile=True)  # type: ignore[untyped-decorator]
def _loss_and_gradients(
    vectors: Tensor,
    mine: Tensor,
    table: Tensor,
    targets: Tensor,
    weights: Tensor,
    hidden: Hidden | None,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The loss, and its gradients by the vectors, the targets' rows and the table."""
    scores = tf.matmul(vectors, table, transpose_b=True)
    if hidden is not None:
        scores = tf.where(hidden.mask(targets), HIDDEN, scores)
    top = tf.reduce_max(scores, axis=1, keepdims=True)
    powers = tf.exp(scores - top)
    sums = tf.reduce_sum(powers, axis=1, keepdims=True)
    shares = (weights / tf.reduce_sum(weights))[:, tf.newaxis]
    likely = powers * (shares / sums)
    losses = tf.math.log(sums) + top - tf.reduce_sum(vectors * mine, axis=1, keepdims=True)
    loss = tf.reduce_sum(losses * shares)
    of_vectors = tf.matmul(likely, table) - shares * mine
    return loss, of_vectors, -shares * vectors, tf.matmul(likely, vectors, transpose_a=True)


def softmax_loss(
    vectors: Tensor, table: Tensor, targets: Tensor, weights: Tensor, hidden: Hidden | None = None
) -> Tensor:
    """Mean cross-entropy in nats.

    Args:
        vectors: float32 ``(n, width)``.
        table: float32 ``(items, width)``, the item table.
        targets: int32 ``(n,)``, rows of the table.
        weights: float32 ``(n,)``, 0 for places that hold nothing.
        hidden: which items are left out, place by place; None: none.
    """

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def loss_of(vectors: Tensor, mine: Tensor, table: Tensor) -> Any:
        loss, *gradients = _loss_and_gradients(vectors, mine, table, targets, weights, hidden)
        return loss, lambda upstream: [upstream * gradient for gradient in gradients]

    return loss_of(vectors, tf.gather(table, targets), table)
