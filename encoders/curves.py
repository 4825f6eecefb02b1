"""Sums weighted by free curves over age, a curve for each group of neighbouring channels, in the
three shapes that they are needed in. Importing this module imports TensorFlow.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras

Tensor = Any
GROUPS = 8
"""At most so many curves; a narrower model has one for each channel."""
FASTEST, SLOWEST = 0.5, 0.97
"""The curves start as powers of numbers from one to the other, of Euclidean length 1."""


class Curves(tf_keras.layers.Layer):  # type: ignore[misc]
    """``(batch, length, width)`` -> the sums, of the same shape or the last one alone.

    Its one weight is ``taps`` ``(length, groups)``, the newest item's last.
    """

    def build(self, shape: Any) -> None:
        length, width = shape[1:]
        groups = min(GROUPS, width)
        start = np.linspace(FASTEST, SLOWEST, groups) ** np.arange(length - 1, -1, -1)[:, None]
        start /= np.linalg.norm(start, axis=0)
        self.taps = self.add_weight(
            "taps", shape=(length, groups), initializer=tf_keras.initializers.Constant(start)
        )
        self.groups = np.arange(width) * groups // width
        super().build(shape)

    def filters(self) -> Tensor:
        """``(1, length, width, 1)``, for a depthwise convolution."""
        length, groups = self.taps.shape
        chosen = np.eye(groups, dtype=np.float32)[self.groups]
        return tf.reshape(tf.matmul(self.taps, chosen, transpose_b=True), [1, length, -1, 1])


@tf_keras.utils.register_keras_serializable("rbench")
class All(Curves):
    """All sums, for training: each curve is a triangular matrix, and the sums are products."""

    def call(self, values: Tensor) -> Tensor:
        length, groups = self.taps.shape
        ages = np.subtract.outer(np.arange(length), np.arange(length))
        # The oldest age is the first tap; behind the last one comes a zero for the future.
        taps = tf.concat([self.taps, tf.zeros((1, groups))], axis=0)
        places = np.where(ages < 0, length, length - 1 - ages)
        matrices = tf.gather(tf.transpose(taps), places, axis=1)
        starts = np.searchsorted(self.groups, np.arange(groups + 1))
        found = [
            tf.tensordot(matrices[group], values[:, :, start:stop], [[1], [1]])
            for group, (start, stop) in enumerate(pairwise(starts))
        ]
        return tf.transpose(tf.concat(found, axis=2), [1, 0, 2])


@tf_keras.utils.register_keras_serializable("rbench")
class Filtered(Curves):
    """All sums, for a file: one depthwise convolution, which delegates take."""

    def call(self, values: Tensor) -> Tensor:
        length, width = values.shape[1:]
        plane = tf.reshape(values, [-1, 1, length, width])
        plane = tf.pad(plane, [[0, 0], [0, 0], [length - 1, 0], [0, 0]])
        sums = tf.nn.depthwise_conv2d(plane, self.filters(), [1, 1, 1, 1], "VALID")
        return tf.reshape(sums, [-1, length, width])


@tf_keras.utils.register_keras_serializable("rbench")
class Newest(Curves):
    """The last sum alone, ``(batch, 1, width)``."""

    def call(self, values: Tensor) -> Tensor:
        length, width = values.shape[1:]
        plane = tf.reshape(values, [-1, 1, length, width])
        sums = tf.nn.depthwise_conv2d(plane, self.filters(), [1, 1, 1, 1], "VALID")
        return tf.reshape(sums, [-1, 1, width])
