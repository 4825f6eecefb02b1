"""Attention read through a gate, after HSTU (Zhai et al. 2024), with a softmax."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rbench.encoding import Encoder, Form, KerasTensor
from rbench_encoders import attending, blocks


@dataclass(frozen=True)
class GatedAttention(Encoder):
    """Residual ``blocks`` of causal attention, what it finds read through a gate from the item at
    hand; no feed-forward layer. It gains from depth.
    """

    any_length: ClassVar[bool] = True
    stateless: ClassVar[str] = "the state would be every key and value of the context"
    blocks: int = 2
    heads: int | None = None
    """None: 2, where they divide the width."""
    dropout: float | None = None
    """Within the encoder; None: the training's."""

    def __post_init__(self) -> None:
        blocks.check_blocks(self.blocks)
        attending.check_heads(self.heads)
        blocks.check_dropout(self.dropout)

    def encode(self, embeddings: KerasTensor, mask: KerasTensor, form: Form) -> KerasTensor:
        from tf_keras import layers

        x, dropout = embeddings, blocks.drop_rate(self.dropout, form)
        width = x.shape[-1]
        heads = attending.heads_of(self.heads, width)
        for block in range(self.blocks):
            name = f"block_{block}"
            newest = form.last and block == self.blocks - 1
            x, asking, known = attending.asked(x, f"{name}_norm", name, newest)
            found = attending.attended(asking, known, mask, heads, name)
            gate = layers.Dense(width, name=f"{name}_gate")(asking)
            x = blocks.gated(x, found, gate, dropout, name)
        if form.last:
            x = layers.Reshape((width,), name="newest")(x)
        return blocks.normed(x, "final_norm")
