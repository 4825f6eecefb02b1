"""A gated linear recurrence, after LRURec (Yue et al. 2024), with real numbers only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rbench.encoding import Encoder, Form, KerasTensor


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
        if self.dropout is not None and not 0 <= self.dropout <= 0.99:
            raise ValueError(f"dropout must be a number from 0 to 0.99, not {self.dropout}")

    def encode(self, embeddings: KerasTensor, mask: KerasTensor, form: Form) -> KerasTensor:
        from tf_keras import layers

        from rbench_encoders import recurrence

        dropout = form.dropout if self.dropout is None else self.dropout
        x = embeddings
        for block in range(self.blocks):
            if not form.last:
                kind = recurrence.Scan
            else:
                newest = block == self.blocks - 1
                kind = recurrence.Newest if newest else recurrence.Filtered
            x = self._block(x, mask, kind, dropout, f"block_{block}")
        if form.last:
            x = layers.Reshape((x.shape[-1],), name="newest")(x)
        return layers.LayerNormalization(epsilon=1e-6, name="final_norm")(x)

    def _block(
        self, x: KerasTensor, mask: KerasTensor, kind: type, dropout: float, name: str
    ) -> KerasTensor:
        from tf_keras import layers

        from rbench.layers import Last, Masked

        width = x.shape[-1]
        normed = layers.LayerNormalization(epsilon=1e-6, name=f"{name}_norm")(x)
        value = layers.Dense(width, name=f"{name}_value")(normed)
        value = Masked(name=f"{name}_items")([value, mask])
        state = kind(name=f"{name}_state")(value)
        state = layers.LayerNormalization(epsilon=1e-6, name=f"{name}_state_norm")(state)
        if state.shape[1] < x.shape[1]:
            x = Last(name=f"{name}_newest")(x)
            normed = Last(name=f"{name}_asking")(normed)
        gate = layers.Dense(width, name=f"{name}_gate")(normed)
        open_ = layers.Activation("sigmoid", name=f"{name}_open")(gate)
        read = layers.Multiply(name=f"{name}_read")([state, gate, open_])
        read = layers.Dense(width, name=f"{name}_output")(read)
        read = layers.Dropout(dropout, name=f"{name}_dropout")(read)
        return layers.Add(name=f"{name}_sum")([x, read])
