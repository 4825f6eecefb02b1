"""Bag of words with learned recency: how much an item counts depends on how long ago it was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rbench.encoding import Encoder, Form, KerasTensor
from rbench_encoders import blocks


@dataclass(frozen=True)
class Bow(Encoder):
    """Adds up the context's items, each by a learned weight of its age, in 8 groups of channels
    with a curve of their own; projects the sum and adds it to the newest item.

    A plain mean over a long history is little better than popularity, and the newest few items
    carry most of what can be known; curves over age are the least that sees it. In the file the
    sums are one convolution over time, as long as the context.
    """

    stateless: ClassVar[str] = "adding up the whole context costs less than a ring of its items"

    def encode(self, embeddings: KerasTensor, mask: KerasTensor, form: Form) -> KerasTensor:
        from tf_keras import layers

        from rbench_encoders import curves

        bag = (curves.Newest if form.last else curves.All)(name="recency")(embeddings)
        if form.last:
            bag = layers.Reshape((embeddings.shape[-1],), name="bag")(bag)
        return blocks.beside_newest(bag, embeddings, form, 0.0)
