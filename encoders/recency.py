"""Sums weighted by age at every position, in the shape that training wants.

Importing this module imports TensorFlow.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras

Tensor = Any


@tf_keras.utils.register_keras_serializable("rbench")
class CausalAges(tf_keras.layers.Conv2D):  # type: ignore[misc]
    """What a `Conv2D` with one filter ``(length, 1)`` gives for a plane ``(batch, length, width,
    1)`` with ``length - 1`` zeros before it: the same weight, the same sums, as one product with a
    triangular matrix. TensorFlow's convolution of a single channel takes twenty times as long.
    """

    def call(self, plane: Tensor) -> Tensor:
        length = plane.shape[1]
        ages = np.subtract.outer(np.arange(length), np.arange(length))
        # The oldest age is the filter's first tap; behind its last one comes a zero for the future.
        taps = tf.concat([self.kernel[:, 0, 0, 0], [0.0]], axis=0)
        weights = tf.gather(taps, np.where(ages < 0, length, length - 1 - ages))
        return tf.transpose(tf.tensordot(weights, plane, [[1], [1]]), [1, 0, 2, 3])

    def compute_output_shape(self, shape: Any) -> Any:
        return shape
