"""The exported signatures around a scoring model. Importing this module imports TensorFlow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from rbench.features import Feature
from rbench.signatures import INPUT, ITEM, OUTPUT_ITEMS, OUTPUT_SCORES, SIGNATURE, STATE, TAP


class Recommender(tf.Module):  # type: ignore[misc]
    """context int32 ``[1, length]``, and the features' inputs -> items int32 ``[1, top_k]``, scores
    float32 ``[1, top_k]``.

    The batch is one, as in an app, and static: recurrent layers convert in no other form.
    """

    signature = SIGNATURE

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
        tf.saved_model.save(self, str(folder), signatures={self.signature: self.function})

    def asked(self, query: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The inputs that a query, name -> ``(1, length)``, comes to."""
        yield query


class Tapper(Recommender):
    """state float32 ``[1, numbers]``, item int32 ``[1, 1]`` -> the next state, and items and scores
    as `Recommender` gives them for the whole context.
    """

    signature = TAP

    def __init__(self, model: Any, numbers: int, top_k: int) -> None:
        tf.Module.__init__(self)
        self.numbers = model.variables
        self.start = np.zeros((1, numbers), np.float32)

        def tap(state: Any, item: Any) -> dict[str, Any]:
            every, after = model([state, item], training=False)
            scores, columns = tf.math.top_k(every, top_k)
            return {STATE: after, OUTPUT_ITEMS: columns + 1, OUTPUT_SCORES: scores}

        self.function = tf.function(
            tap,
            input_signature=[
                tf.TensorSpec([1, numbers], tf.float32, name=STATE),
                tf.TensorSpec([1, 1], tf.int32, name=ITEM),
            ],
        )

    def asked(self, query: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """A context item by item, padding too, each with the state that it finds."""
        state = self.start
        for item in query[INPUT][0]:
            asked = {STATE: state, ITEM: np.array([[item]], np.int32)}
            yield asked
            state = self.function(**asked)[STATE].numpy()
