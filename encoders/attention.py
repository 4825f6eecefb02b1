"""Self-attention over the context, as in SASRec (Kang and McAuley 2018), pre-norm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rbench.encoding import Encoder, Form, KerasTensor
from rbench_encoders import attending, blocks


@dataclass(frozen=True)
class Attention(Encoder):
    """``blocks`` of causal self-attention and a feed-forward layer, each residual."""

    stateless: ClassVar[str] = "its positions are ages: they shift with every item"
    blocks: int = 1
    heads: int = 1
    dropout: float | None = None
    """Within the encoder; None: the training's."""

    def __post_init__(self) -> None:
        if not (1 <= self.blocks <= 64 and 1 <= self.heads <= 64):
            raise ValueError("blocks and heads must be whole numbers from 1 to 64")
        blocks.check_dropout(self.dropout)

    def encode(self, embeddings: KerasTensor, mask: KerasTensor, form: Form) -> KerasTensor:
        from tf_keras import layers

        from rbench.layers import Count, Masked, Unflatten

        dropout = blocks.drop_rate(self.dropout, form)
        length, width = embeddings.shape[1:]
        attending.heads_of(self.heads, width)
        ages = Count(length, name="position_ids")(mask)
        positions = layers.Embedding(length, width, name="positions")(ages)
        positions = Unflatten(length, name="all_positions")(positions)
        placed = layers.Add(name="with_positions")([embeddings, positions])
        x = Masked(name="placed")([placed, mask])
        for block in range(self.blocks):
            only_last = form.last and block == self.blocks - 1
            x = self._attend(x, mask, dropout, f"block_{block}", only_last)
            x = self._feed_forward(x, width, dropout, f"block_{block}")
        if form.last:
            x = layers.Reshape((width,), name="newest")(x)
        return blocks.normed(x, "final_norm")

    def _attend(
        self, x: KerasTensor, mask: KerasTensor, dropout: float, name: str, only_last: bool
    ) -> KerasTensor:
        from tf_keras import layers

        from rbench.layers import Last

        width = x.shape[-1]
        normed = blocks.normed(x, f"{name}_attention_norm")
        asking = Last(name=f"{name}_asking")(normed) if only_last else normed
        joined = attending.attended(
            asking, normed, mask, self.heads, name, sloped=False, dropout=dropout
        )
        joined = layers.Dense(width, name=f"{name}_output")(joined)
        joined = layers.Dropout(dropout, name=f"{name}_output_dropout")(joined)
        before = Last(name=f"{name}_newest")(x) if only_last else x
        return layers.Add(name=f"{name}_attended")([before, joined])

    def _feed_forward(self, x: KerasTensor, width: int, dropout: float, name: str) -> KerasTensor:
        from tf_keras import layers

        hidden = blocks.normed(x, f"{name}_feed_norm")
        hidden = layers.Dense(width, activation="relu", name=f"{name}_feed_in")(hidden)
        hidden = layers.Dropout(dropout, name=f"{name}_feed_dropout")(hidden)
        hidden = layers.Dense(width, name=f"{name}_feed_out")(hidden)
        return layers.Add(name=f"{name}_fed")([x, hidden])
