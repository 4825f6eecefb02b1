"""A linear recurrence with one number a channel, in the shapes that it is needed in.

``h_t = a h_(t-1) + sqrt(1 - a^2) v_t`` has a closed form, a sum weighted by ``a`` to the power of
the age, and nothing has to run step by step. As one filter as long as the context it would be slow
and large: 200 taps for each channel. Since powers multiply, few taps do: a filter of four
neighbours, then one of four results four places apart, then sixteen places, ...
Importing this module imports TensorFlow.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras

Tensor = Any
TAPS = 4
"""Of a filter: 3 to 8 are the fastest on XNNPACK, and of these 4 makes the smallest file."""


class Recurrence(tf_keras.layers.Layer):  # type: ignore[misc]
    """``(batch, length, width)`` -> the states, of the same shape or the last one alone.

    Its one weight is ``decay`` ``(width,)`` with ``a = sigmoid(decay)``, which starts with memories
    from one item to two hundred.
    """

    def build(self, shape: Any) -> None:
        start = np.linspace(0.2, 0.995, shape[-1])
        self.decay = self.add_weight(
            "decay",
            shape=(shape[-1],),
            initializer=tf_keras.initializers.Constant(np.log(start / (1 - start))),
        )
        super().build(shape)

    def kept(self) -> tuple[Tensor, Tensor]:
        """``a`` and ``sqrt(1 - a^2)``, both ``(width,)``."""
        kept = tf.sigmoid(self.decay)
        return kept, tf.sqrt(1.0 - kept * kept)

    def filters(self, length: int) -> Iterator[tuple[int, Tensor]]:
        """How far a filter's taps are apart, and the taps ``(taps, width)``, oldest first."""
        kept, scale = self.kept()
        apart = 1
        while apart < length or apart == 1:
            taps = min(TAPS, -(-length // apart))
            ages = apart * np.arange(taps - 1, -1, -1, dtype=np.float32)
            yield apart, scale * kept ** ages[:, np.newaxis]
            apart, scale = apart * TAPS, 1.0


@tf_keras.utils.register_keras_serializable("rbench")
class Scan(Recurrence):
    """All states, for training: by doubling, in log2(length) rounds."""

    def call(self, values: Tensor) -> Tensor:
        return _scan(values, *self.kept())


@tf.function(jit_compile=True)  # type: ignore[untyped-decorator]
def _scan(values: Tensor, kept: Tensor, scale: Tensor) -> Tensor:
    states, apart = scale * values, 1
    while apart < values.shape[1]:
        earlier = tf.pad(states[:, :-apart], [[0, 0], [apart, 0], [0, 0]])
        states, kept, apart = states + kept * earlier, kept * kept, 2 * apart
    return states


@tf_keras.utils.register_keras_serializable("rbench")
class Filtered(Recurrence):
    """All states, for a file: depthwise convolutions, which delegates take."""

    def call(self, values: Tensor) -> Tensor:
        length, width = values.shape[1:]
        states = tf.reshape(values, [-1, 1, length, width])
        for apart, taps in self.filters(length):
            past = (taps.shape[0] - 1) * apart
            states = _filtered(states, taps, past, stride=1, apart=apart)
        return tf.reshape(states, [-1, length, width])


@tf_keras.utils.register_keras_serializable("rbench")
class Newest(Recurrence):
    """The last state alone, ``(batch, 1, width)``: each filter leaves one result of its taps."""

    def call(self, values: Tensor) -> Tensor:
        length, width = values.shape[1:]
        states = tf.reshape(values, [-1, 1, length, width])
        for _, taps in self.filters(length):
            stride = taps.shape[0]
            states = _filtered(states, taps, -states.shape[2] % stride, stride=stride, apart=1)
        return tf.reshape(states, [-1, 1, width])


@tf_keras.utils.register_keras_serializable("rbench")
class Step(Recurrence):
    """One step: values ``(batch, 1, width)`` and the state ``(batch, width)`` before them -> the
    state after them, ``(batch, 1, width)``.
    """

    def build(self, shapes: Any) -> None:
        super().build(shapes[0])

    def call(self, inputs: tuple[Tensor, Tensor]) -> Tensor:
        values, state = inputs
        kept, scale = self.kept()
        return scale * values + kept * state[:, tf.newaxis, :]


def _filtered(states: Tensor, taps: Tensor, past: int, stride: int, apart: int) -> Tensor:
    """``(batch, 1, length, width)``, filtered along the length with so many zeros before it."""
    if past:
        states = tf.pad(states, [[0, 0], [0, 0], [past, 0], [0, 0]])
    kernel = taps[tf.newaxis, :, :, tf.newaxis]
    strides = [1, stride, stride, 1]
    return tf.nn.depthwise_conv2d(states, kernel, strides, "VALID", dilations=[1, apart])
