"""Full softmax over the catalogue: nearly all of a training step's work, so compiled as one.

The encoders run as plain TensorFlow: XLA's CPU code for convolutions and loops over time is
slower than TensorFlow's own. Importing this module imports TensorFlow.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

Tensor = Any


@tf.function(jit_compile=True)  # type: ignore[untyped-decorator]
def _loss_and_gradients(
    vectors: Tensor, table: Tensor, targets: Tensor, weights: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    with tf.GradientTape() as tape:
        tape.watch([vectors, table])
        logits = tf.matmul(vectors, table, transpose_b=True)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits)
        loss = tf.reduce_sum(losses * weights) / tf.reduce_sum(weights)
    return (loss, *tape.gradient(loss, [vectors, table]))


@tf.custom_gradient  # type: ignore[untyped-decorator]
def softmax_loss(vectors: Tensor, table: Tensor, targets: Tensor, weights: Tensor) -> Any:
    """Mean cross-entropy in nats.

    Args:
        vectors: float32 ``(n, width)``.
        table: float32 ``(items, width)``, the item table.
        targets: int32 ``(n,)``, rows of the table.
        weights: float32 ``(n,)``, 0 for places that hold nothing.
    """
    loss, by_vectors, by_table = _loss_and_gradients(vectors, table, targets, weights)
    return loss, lambda upstream: (upstream * by_vectors, upstream * by_table, None, None)
