"""The exported signature around a scoring model. Importing this module imports TensorFlow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tensorflow as tf

from rbench.convert.result import INPUT, OUTPUT_ITEMS, OUTPUT_SCORES, SIGNATURE


class Recommender(tf.Module):  # type: ignore[misc]
    """context int32 ``[1, length]`` -> items int32 ``[1, top_k]``, scores float32 ``[1, top_k]``.

    The batch is one, as in an app, and static: recurrent layers convert in no other form.
    """

    def __init__(self, model: Any, length: int, top_k: int) -> None:
        super().__init__()
        # The numbers alone: a SavedModel of a Keras model itself has a function for every layer,
        # which takes several times as long to write and is not asked for.
        self.numbers = model.variables

        def recommend(context: Any) -> dict[str, Any]:
            scores, columns = tf.math.top_k(model(context, training=False), top_k)
            return {OUTPUT_ITEMS: columns + 1, OUTPUT_SCORES: scores}

        self.function = tf.function(
            recommend, input_signature=[tf.TensorSpec([1, length], tf.int32, name=INPUT)]
        )

    def save(self, folder: Path) -> None:
        """Write a SavedModel with the one signature."""
        tf.saved_model.save(self, str(folder), signatures={SIGNATURE: self.function})
