"""Self-attention over the context, as in SASRec (Kang and McAuley 2018), pre-norm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rbench.encoding import Encoder, Form, KerasTensor
from rbench_encoders import attending, blocks


@dataclass(frozen=True)
class Attention(Encoder):
    """``blocks`` of causal self-attention and a feed-forward layer, each residual.

    Where SASRec has a table of positions, attention fades with age (ALiBi): better, smaller, and
    the context may have any length.
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
            x, asking, known = attending.asked(x, f"{name}_attention_norm", name, newest)
            found = attending.attended(asking, known, mask, heads, name)
            found = layers.Dense(width, name=f"{name}_output")(found)
            found = layers.Dropout(dropout, name=f"{name}_output_dropout")(found)
            x = layers.Add(name=f"{name}_attended")([x, found])
            x = self._feed_forward(x, dropout, name)
        if form.last:
            x = layers.Reshape((width,), name="newest")(x)
        return blocks.normed(x, "final_norm")

    def _feed_forward(self, x: KerasTensor, dropout: float, name: str) -> KerasTensor:
        from tf_keras import layers

        width = x.shape[-1]
        hidden = blocks.normed(x, f"{name}_feed_norm")
        hidden = layers.Dense(width, activation="relu", name=f"{name}_feed_in")(hidden)
        hidden = layers.Dense(width, name=f"{name}_feed_out")(hidden)
        hidden = layers.Dropout(dropout, name=f"{name}_feed_dropout")(hidden)
        return layers.Add(name=f"{name}_fed")([x, hidden])
