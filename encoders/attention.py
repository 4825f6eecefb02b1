"""Self-attention over the context, as in SASRec (Kang and McAuley 2018), pre-norm."""

from __future__ import annotations

from dataclasses import dataclass

from rbench.encoding import Encoder, Form, KerasTensor

PENALTY = 30.0
"""Subtracted from the attention scores of hidden keys: e^-30 is nothing in float32, and the
range stays narrow enough for quantized files."""


@dataclass(frozen=True)
class Attention(Encoder):
    """``blocks`` of causal self-attention and a feed-forward layer, each residual."""

    blocks: int = 1
    heads: int = 1
    dropout: float | None = None
    """Within the encoder; None: the training's."""

    def __post_init__(self) -> None:
        if not (1 <= self.blocks <= 64 and 1 <= self.heads <= 64):
            raise ValueError("blocks and heads must be whole numbers from 1 to 64")
        if self.dropout is not None and not 0 <= self.dropout <= 0.99:
            raise ValueError(f"dropout must be a number from 0 to 0.99, not {self.dropout}")

    def encode(self, embeddings: KerasTensor, mask: KerasTensor, form: Form) -> KerasTensor:
        from tf_keras import layers

        from rbench.layers import Count, Masked, Unflatten

        dropout = form.dropout if self.dropout is None else self.dropout
        length, width = embeddings.shape[1:]
        if width % self.heads:
            raise ValueError(f"width {width} is no multiple of {self.heads} heads")
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
        return layers.LayerNormalization(epsilon=1e-6, name="final_norm")(x)

    def _attend(
        self, x: KerasTensor, mask: KerasTensor, dropout: float, name: str, only_last: bool
    ) -> KerasTensor:
        from tf_keras import layers

        from rbench.layers import CausalBias, Last

        width = x.shape[-1]
        part = width // self.heads
        normed = layers.LayerNormalization(epsilon=1e-6, name=f"{name}_attention_norm")(x)
        asking = Last(name=f"{name}_asking")(normed) if only_last else normed
        found = []
        for head in range(self.heads):
            place = f"{name}_head_{head}"
            query = layers.Dense(part, name=f"{place}_query")(asking)
            key = layers.Dense(part, name=f"{place}_key")(normed)
            value = layers.Dense(part, name=f"{place}_value")(normed)
            query = layers.Rescaling(part**-0.5, name=f"{place}_scale")(query)
            scores = layers.Dot(axes=2, name=f"{place}_scores")([query, key])
            scores = CausalBias(PENALTY, name=f"{place}_hidden")([scores, mask])
            weights = layers.Softmax(name=f"{place}_weights")(scores)
            weights = layers.Dropout(dropout, name=f"{place}_dropout")(weights)
            found.append(layers.Dot(axes=(2, 1), name=f"{place}_found")([weights, value]))
        joined = layers.Concatenate(name=f"{name}_heads")(found) if self.heads > 1 else found[0]
        joined = layers.Dense(width, name=f"{name}_output")(joined)
        joined = layers.Dropout(dropout, name=f"{name}_output_dropout")(joined)
        before = Last(name=f"{name}_newest")(x) if only_last else x
        return layers.Add(name=f"{name}_attended")([before, joined])

    def _feed_forward(self, x: KerasTensor, width: int, dropout: float, name: str) -> KerasTensor:
        from tf_keras import layers

        hidden = layers.LayerNormalization(epsilon=1e-6, name=f"{name}_feed_norm")(x)
        hidden = layers.Dense(width, activation="relu", name=f"{name}_feed_in")(hidden)
        hidden = layers.Dropout(dropout, name=f"{name}_feed_dropout")(hidden)
        hidden = layers.Dense(width, name=f"{name}_feed_out")(hidden)
        return layers.Add(name=f"{name}_fed")([x, hidden])
