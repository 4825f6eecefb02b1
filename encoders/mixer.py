"""An attention-free mixer: free curves over age in place of attention, with gates."""

from __future__ import annotations

from dataclasses import dataclass

from rbench.encoding import Encoder, Form, KerasTensor
from rbench_encoders import blocks


@dataclass(frozen=True)
class Mixer(Encoder):
    """Residual ``blocks`` as in the linear recurrence, in which how much an item counts by its age
    is free: one curve for each of 8 groups of channels, as long as the context.
    """

    blocks: int = 2
    dropout: float | None = None
    """Within the encoder; None: the training's."""

    def __post_init__(self) -> None:
        if not 1 <= self.blocks <= 64:
            raise ValueError(f"blocks must be a whole number from 1 to 64, not {self.blocks}")
        blocks.check_dropout(self.dropout)

    def encode(self, embeddings: KerasTensor, mask: KerasTensor, form: Form) -> KerasTensor:
        from tf_keras import layers

        from rbench_encoders import curves

        x, dropout = embeddings, blocks.drop_rate(self.dropout, form)
        for block in range(self.blocks):
            if not form.last:
                kind = curves.All
            else:
                newest = block == self.blocks - 1
                kind = curves.Newest if newest else curves.Filtered
            x = blocks.mixing(x, mask, kind, dropout, f"block_{block}")
        if form.last:
            x = layers.Reshape((x.shape[-1],), name="newest")(x)
        return blocks.normed(x, "final_norm")
