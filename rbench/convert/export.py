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
        self.model = model
        self.top_k = top_k
        self.function = tf.function(
            self._recommend,
            input_signature=[tf.TensorSpec([1, length], tf.int32, name=INPUT)],
        )

    def _recommend(self, context: Any) -> dict[str, Any]:
        scores, columns = tf.math.top_k(self.model(context, training=False), self.top_k)
        return {OUTPUT_ITEMS: columns + 1, OUTPUT_SCORES: scores}

    def save(self, folder: Path) -> None:
        """Write a SavedModel with the one signature."""
        tf.saved_model.save(self, str(folder), signatures={SIGNATURE: self.function})
