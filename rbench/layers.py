"""Small parameter-free Keras layers: what stock layers do not say.

They hold no weights, so TFMOT can clone a graph around them. Importing this module imports
TensorFlow; import it inside functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf
import tf_keras

Tensor = Any


@tf_keras.utils.register_keras_serializable("rbench")
class Mask(tf_keras.layers.Layer):  # type: ignore[misc]
    """Ids int32 ``(batch, length)`` -> float32 of the same shape, 1 for an item, 0 for padding."""

    def call(self, ids: Tensor) -> Tensor:
        return tf.cast(tf.minimum(ids, 1), tf.float32)


@tf_keras.utils.register_keras_serializable("rbench")
class Rows(tf_keras.layers.Layer):  # type: ignore[misc]
    """Ids int32 ``(batch, length)`` -> rows of the item table, flat: int32 ``(batch x length,)``.

    Item ids start at 1, rows at 0; padding borrows row 0 and is masked afterwards. Delegates take
    a lookup with one axis only.
    """

    def call(self, ids: Tensor) -> Tensor:
        return tf.reshape(tf.maximum(ids - 1, 0), [-1])


@tf_keras.utils.register_keras_serializable("rbench")
class Flat(tf_keras.layers.Layer):  # type: ignore[misc]
    """int32 ``(batch, length)`` -> ``(batch x length,)``."""

    def call(self, numbers: Tensor) -> Tensor:
        return tf.reshape(numbers, [-1])


@tf_keras.utils.register_keras_serializable("rbench")
class Unflatten(tf_keras.layers.Layer):  # type: ignore[misc]
    """Vectors ``(batch x length, width)`` -> ``(batch, length, width)``."""

    def __init__(self, length: int, **options: Any) -> None:
        super().__init__(**options)
        self.length = length

    def call(self, vectors: Tensor) -> Tensor:
        return tf.reshape(vectors, [-1, self.length, vectors.shape[-1]])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "length": self.length}


@tf_keras.utils.register_keras_serializable("rbench")
class Gaps(tf_keras.layers.Layer):  # type: ignore[misc]
    """Ages int32 ``(batch, length)``, oldest first -> the bin of the gap behind each position,
    flat: int32 ``(batch x length,)``.

    A gap is an age less that of the next position, and less 0 behind the last one. Bin n holds the
    gaps from ``bounds[n - 1]`` on. In whole numbers: no recipe rounds them.
    """

    def __init__(self, bounds: Sequence[int], **options: Any) -> None:
        super().__init__(**options)
        self.bounds = tuple(bounds)

    def call(self, ages: Tensor) -> Tensor:
        later = tf.pad(ages[:, 1:], [[0, 0], [0, 1]])
        below = tf.constant([bound - 1 for bound in self.bounds], tf.int32)
        above = tf.reshape(ages - later, [-1, 1]) - below
        return tf.reduce_sum(tf.minimum(tf.maximum(above, 0), 1), axis=1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "bounds": self.bounds}


@tf_keras.utils.register_keras_serializable("rbench")
class Masked(tf_keras.layers.Layer):  # type: ignore[misc]
    """``(batch, length, width)`` and a mask ``(batch, length)`` -> zero where padded."""

    def call(self, inputs: tuple[Tensor, Tensor]) -> Tensor:
        vectors, mask = inputs
        return vectors * mask[:, :, tf.newaxis]


@tf_keras.utils.register_keras_serializable("rbench")
class Last(tf_keras.layers.Layer):  # type: ignore[misc]
    """``(batch, length, width)`` -> its newest ``count`` positions, ``(batch, count, width)``."""

    def __init__(self, count: int = 1, **options: Any) -> None:
        super().__init__(**options)
        self.count = count

    def call(self, vectors: Tensor) -> Tensor:
        return vectors[:, vectors.shape[1] - self.count :, :]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "count": self.count}


@tf_keras.utils.register_keras_serializable("rbench")
class Part(tf_keras.layers.Layer):  # type: ignore[misc]
    """The ``number``-th of ``parts`` equal pieces of vectors: ``(batch, …, n)`` ->
    ``(batch, …, n / parts)``.
    """

    def __init__(self, number: int, parts: int, **options: Any) -> None:
        super().__init__(**options)
        self.number, self.parts = number, parts

    def call(self, vectors: Tensor) -> Tensor:
        size = vectors.shape[-1] // self.parts
        return vectors[..., self.number * size : (self.number + 1) * size]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "number": self.number, "parts": self.parts}


@tf_keras.utils.register_keras_serializable("rbench")
class Count(tf_keras.layers.Layer):  # type: ignore[misc]
    """The int32 constant ``0, 1, …, size - 1``, whatever its input is."""

    def __init__(self, size: int, **options: Any) -> None:
        super().__init__(**options)
        self.size = size

    def call(self, inputs: Tensor) -> Tensor:
        return tf.range(self.size)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "size": self.size}


@tf_keras.utils.register_keras_serializable("rbench")
class Scores(tf_keras.layers.Layer):  # type: ignore[misc]
    """Vectors ``(n, width)`` and the item table ``(items, width)`` -> ``(n, items)``."""

    def call(self, inputs: tuple[Tensor, Tensor]) -> Tensor:
        vectors, table = inputs
        return tf.matmul(vectors, table, transpose_b=True)


@tf_keras.utils.register_keras_serializable("rbench")
class CausalBias(tf_keras.layers.Layer):  # type: ignore[misc]
    """Attention scores ``(batch, queries, keys)`` and a mask ``(batch, keys)`` -> the scores with
    ``-penalty`` added where a key is padding or newer than its query, and with a slope
    ``-slope x age`` elsewhere, down to ``-penalty`` (ALiBi, Press et al. 2022).

    The queries are the newest positions of the keys. A bounded penalty keeps the range of a
    quantized tensor useful: e^-penalty is what leaks through. Who is newer is computed from
    positions: a converter would store a constant of queries x keys floats.
    """

    def __init__(self, penalty: float, slope: float = 0.0, **options: Any) -> None:
        super().__init__(**options)
        self.penalty, self.slope = penalty, slope

    def call(self, inputs: tuple[Tensor, Tensor]) -> Tensor:
        scores, mask = inputs
        padded = mask - 1.0
        hidden = padded[:, tf.newaxis, :]
        ages = self._ages(padded, scores.shape[1]) if scores.shape[1] > 1 or self.slope else None
        if ages is not None and scores.shape[1] > 1:
            hidden = tf.minimum(hidden, tf.clip_by_value(ages, -1.0, 1.0))
        biased = scores + hidden * self.penalty
        if ages is None or not self.slope:
            return biased
        return biased - tf.minimum(tf.nn.relu(ages) * self.slope, self.penalty)

    @staticmethod
    def _ages(padded: Tensor, queries: int) -> Tensor:
        """How much older than its query a key is, negative where it is newer: ``(1, queries,
        keys)``.

        Args:
            padded: ``(batch, keys)``, nowhere above 0.
        """
        keys = padded.shape[1]
        positions = tf.range(0.0, keys)[tf.newaxis]
        if queries > 1:
            # Nothing changes, but the converter does not know that: it would otherwise compute the
            # ages of all pairs, and store them. (The mask itself would not do: where its range is
            # learnt, tf.lite gives the largest of two the range of either.)
            one = padded if padded.shape[0] == 1 else padded[:1]
            positions = tf.maximum(positions, one)
        return positions[:, keys - queries :, tf.newaxis] - positions[:, tf.newaxis, :]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "penalty": self.penalty, "slope": self.slope}
