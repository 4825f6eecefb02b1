"""Bag of words with learned recency: how much an item counts depends on how long ago it was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rbench.encoding import Encoder, Form, KerasTensor

DECAY = 0.8
"""Where the learning of the recency weights starts: DECAY ** age."""


@dataclass(frozen=True)
class Bow(Encoder):
    """Adds up the context's items, each by a learned weight of its age, and projects the sum.

    A plain mean over a long history is little better than popularity, and the newest few items
    carry most of what can be known; one weight an age is the least that sees it. In the file the
    sum is one convolution over time, as long as the context.
    """

    stateless: ClassVar[str] = "adding up the whole context costs less than a ring of its items"

    def encode(self, embeddings: KerasTensor, mask: KerasTensor, form: Form) -> KerasTensor:
        import numpy as np
        from tf_keras import initializers, layers

        from rbench_encoders.recency import CausalAges

        length, width = embeddings.shape[1:]
        start = DECAY ** np.arange(length - 1, -1, -1, dtype="float32")
        plane = layers.Reshape((length, width, 1), name="plane")(embeddings)
        bag = (layers.Conv2D if form.last else CausalAges)(
            1,
            (length, 1),
            use_bias=False,
            kernel_initializer=initializers.Constant(start.reshape(length, 1, 1, 1)),
            name="recency",
        )(plane)
        shape = (width,) if form.last else (length, width)
        bag = layers.Reshape(shape, name="bag")(bag)
        return layers.Dense(width, name="projection")(bag)
