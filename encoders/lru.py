"""A gated linear recurrence, after LRURec (Yue et al. 2024), with real numbers only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rbench.encoding import Encoder, Form, KerasTensor
from rbench_encoders import blocks


@dataclass(frozen=True)
class Lru(Encoder):
    """Residual ``blocks`` in which every channel of the context fades at a speed of its own, and
    a gate from the item at hand says what is read of it.

    Neither position table nor attention, three matrices a block, and no loop: what the recurrence
    needs of the context is a weighted sum.
    """

    any_length: ClassVar[bool] = True
    blocks: int = 2
    dropout: float | None = None
    """Within the encoder; None: the training's."""

    def __post_init__(self) -> None:
        if not 1 <= self.blocks <= 64:
            raise ValueError(f"blocks must be a whole number from 1 to 64, not {self.blocks}")
        blocks.check_dropout(self.dropout)

    def encode(self, embeddings: KerasTensor, mask: KerasTensor, form: Form) -> KerasTensor:
        from tf_keras import layers

        from rbench_encoders import recurrence

        x, dropout = embeddings, blocks.drop_rate(self.dropout, form)
        for block in range(self.blocks):
            if not form.last:
                kind = recurrence.Scan
            else:
                newest = block == self.blocks - 1
                kind = recurrence.Newest if newest else recurrence.Filtered
            x = blocks.mixing(x, mask, kind, dropout, f"block_{block}")
        if form.last:
            x = layers.Reshape((x.shape[-1],), name="newest")(x)
        return blocks.normed(x, "final_norm")
