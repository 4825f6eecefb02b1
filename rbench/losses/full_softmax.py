"""Full softmax over the catalogue: nearly all of a training step's work, so compiled as one.

The encoders run as plain TensorFlow: XLA's CPU code for convolutions and loops over time is
slower than TensorFlow's own. Importing this module imports TensorFlow.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from rbench.losses.loss import Hidden, Tensor

HIDDEN = -1e4
"""The score of an item that the history hides: e^-10,000 is nothing."""


@tf.function(jit_compile=True)  # type: ignore[untyped-decorator]
def _loss_and_gradients(
    vectors: Tensor, table: Tensor, targets: Tensor, weights: Tensor, hidden: Hidden | None
) -> tuple[Tensor, Tensor, Tensor]:
    with tf.GradientTape() as tape:
        tape.watch([vectors, table])
        logits = tf.matmul(vectors, table, transpose_b=True)
        if hidden is not None:
            logits = tf.where(hidden.mask(targets), HIDDEN, logits)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits)
        loss = tf.reduce_sum(losses * weights) / tf.reduce_sum(weights)
    return (loss, *tape.gradient(loss, [vectors, table]))


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
    def loss_of(vectors: Tensor, table: Tensor) -> Any:
        loss, by_vectors, by_table = _loss_and_gradients(vectors, table, targets, weights, hidden)
        return loss, lambda upstream: (upstream * by_vectors, upstream * by_table)

    return loss_of(vectors, table)
