"""The exported signature around a scoring model. Importing this module imports TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf

from rbench.convert.result import INPUT, OUTPUT_ITEMS, OUTPUT_SCORES, SIGNATURE
from rbench.features import Feature


class Recommender(tf.Module):  # type: ignore[misc]
    """context int32 ``[1, length]``, and the features' inputs -> items int32 ``[1, top_k]``, scores
    float32 ``[1, top_k]``.

    The batch is one, as in an app, and static: recurrent layers convert in no other form.
    """

    def __init__(
        self, model: Any, length: int, top_k: int, features: Sequence[Feature] = ()
    ) -> None:
        super().__init__()
        # The numbers alone: a SavedModel of a Keras model itself has a function for every layer,
        # which takes several times as long to write and is not asked for.
        self.numbers = model.variables
        kinds = {INPUT: tf.int32} | {one.name: tf.as_dtype(one.dtype) for one in features}

        def recommend(*inputs: Any) -> dict[str, Any]:
            given = dict(zip(kinds, inputs, strict=True))
            scores, columns = tf.math.top_k(model(given, training=False), top_k)
            return {OUTPUT_ITEMS: columns + 1, OUTPUT_SCORES: scores}

        self.function = tf.function(
            recommend,
            input_signature=[
                tf.TensorSpec([1, length], kind, name=name) for name, kind in kinds.items()
            ],
        )

    def save(self, folder: Path) -> None:
        """Write a SavedModel with the one signature."""
        tf.saved_model.save(self, str(folder), signatures={SIGNATURE: self.function})
