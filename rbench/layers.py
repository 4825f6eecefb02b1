"""Small parameter-free Keras layers: what stock layers do not say.

They hold no weights, so TFMOT can clone a graph around them. Importing this module imports
TensorFlow; import it inside functions.
"""

from __future__ import annotations

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
    ``-penalty`` added where a key is padding or newer than its query.

    The queries are the newest positions of the keys. A bounded penalty keeps the range of a
    quantized tensor useful: e^-penalty is what leaks through.
    """

    def __init__(self, penalty: float, **options: Any) -> None:
        super().__init__(**options)
        self.penalty = penalty

    def call(self, inputs: tuple[Tensor, Tensor]) -> Tensor:
        scores, mask = inputs
        hidden = (mask - 1.0)[:, tf.newaxis, :] * self.penalty
        queries, keys = scores.shape[1], scores.shape[2]
        if queries > 1:
            future = 1.0 - tf.linalg.band_part(tf.ones((keys, keys)), -1, 0)[keys - queries :]
            hidden = tf.minimum(hidden, -self.penalty * future[tf.newaxis])
        return scores + hidden

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "penalty": self.penalty}
