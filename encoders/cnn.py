"""Causal convolutions over time with gates, after NextItNet (Yuan et al. 2019)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rbench.encoding import Encoder, Form, KerasTensor
from rbench_encoders import blocks


@dataclass(frozen=True)
class Cnn(Encoder):
    """Residual layers ``x + a * sigmoid(b)`` of dilated convolutions, ``[a, b] = conv(LN(x))`` with
    one norm for all, projected and added to the newest item.

    The convolutions are Conv2D over a plane of height 1: delegates take those whole, where a Conv1D
    brings reshapes that they do not.
    """

    any_length: ClassVar[bool] = True
    stateless: ClassVar[str] = "it looks at its newest items alone, however long the context"
    kernel: int = 3
    """Taps of each convolution."""
    dilations: tuple[int, ...] = (1, 4, 16)
    """Steps between taps, layer by layer. The last position sees
    ``1 + (kernel - 1) * sum(dilations)`` items."""
    dropout: float | None = None
    """Within the encoder; None: the training's."""

    def __post_init__(self) -> None:
        if not (1 <= len(self.dilations) <= 64) or not all(
            1 <= number <= 1000 for number in (self.kernel, *self.dilations)
        ):
            raise ValueError(
                "kernel and dilations must be whole numbers from 1 to 1,000, at least one each"
            )
        blocks.check_dropout(self.dropout)

    def encode(self, embeddings: KerasTensor, mask: KerasTensor, form: Form) -> KerasTensor:
        from tf_keras import layers

        from rbench.layers import Part

        dropout = blocks.drop_rate(self.dropout, form)
        length, width = embeddings.shape[1:]
        norm = layers.LayerNormalization(epsilon=1e-6, name="norm")
        reach = [(self.kernel - 1) * dilation for dilation in self.dilations]
        items = layers.Reshape((1, length, 1), name="items")(mask)
        x = layers.Reshape((1, length, width), name="plane")(embeddings)
        for number, (dilation, taps) in enumerate(zip(self.dilations, reach, strict=True)):
            # Exactly the positions that the newest output sees, where it alone is wanted.
            wanted = min(x.shape[2], 1 + sum(reach[number + 1 :])) if form.last else length
            seen = _newest(x, min(x.shape[2], wanted + taps))
            here = _newest(items, seen.shape[2])
            past = layers.Multiply(name=f"items_{number}")([norm(seen), here])
            past = _padded(past, wanted + taps - seen.shape[2], f"past_{number}")
            # One convolution for both: two would share a SPACE_TO_BATCH_ND that no delegate takes.
            both = layers.Conv2D(
                2 * width, (1, self.kernel), dilation_rate=(1, dilation), name=f"conv_{number}"
            )(past)
            new, gate = (Part(part, 2, name=f"half_{number}_{part}")(both) for part in range(2))
            gate = layers.Activation("sigmoid", name=f"open_{number}")(gate)
            new = layers.Multiply(name=f"read_{number}")([new, gate])
            new = layers.Dropout(dropout, name=f"dropout_{number}")(new)
            x = layers.Add(name=f"sum_{number}")([_newest(x, wanted), new])
        found = layers.Reshape((width,) if form.last else (length, width), name="line")(x)
        return blocks.beside_newest(found, embeddings, form, 0.0)


def _newest(x: KerasTensor, count: int) -> KerasTensor:
    from tf_keras import layers

    older = x.shape[2] - count
    return layers.Cropping2D(((0, 0), (older, 0)))(x) if older else x


def _padded(x: KerasTensor, count: int, name: str) -> KerasTensor:
    from tf_keras import layers

    return layers.ZeroPadding2D(((0, 0), (count, 0)), name=name)(x) if count else x
