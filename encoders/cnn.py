"""A causal convolution over time, as in NextItNet (Yuan et al. 2019), one layer a dilation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rbench.encoding import Encoder, Form, KerasTensor
from rbench_encoders import blocks


@dataclass(frozen=True)
class Cnn(Encoder):
    """Residual layers ``x + relu(conv(x))`` of dilated convolutions, 1 x ``kernel``, projected and
    added to the newest item.

    Without biases zero stays zero, so padding in front of a context does nothing. The convolutions
    are Conv2D over a plane of height 1: delegates take those whole, where a
    Conv1D brings reshapes that they do not.
    """

    any_length: ClassVar[bool] = True
    stateless: ClassVar[str] = "it looks at its newest items alone, however long the context"
    kernel: int = 3
    """Taps of each convolution."""
    dilations: tuple[int, ...] = (1, 2, 4)
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

        from rbench.layers import Last

        dropout = blocks.drop_rate(self.dropout, form)
        length, width = embeddings.shape[1:]
        reach = [(self.kernel - 1) * dilation for dilation in self.dilations]
        x = layers.Reshape((1, length, width), name="plane")(embeddings)
        if form.last:
            # Exactly the positions that the newest output can see; more where the context is short.
            seen = 1 + sum(reach)
            x = _newest(x, seen) if seen <= length else _padded(x, seen - length, "start")
        for number, (dilation, taps) in enumerate(zip(self.dilations, reach, strict=True)):
            past = x if form.last else _padded(x, taps, f"past_{number}")
            new = layers.Conv2D(
                width,
                (1, self.kernel),
                dilation_rate=(1, dilation),
                activation="relu",
                use_bias=False,
                name=f"conv_{number}",
            )(past)
            new = layers.Dropout(dropout, name=f"dropout_{number}")(new)
            x = layers.Add(name=f"sum_{number}")([_newest(x, new.shape[2]), new])
        shape = (width,) if form.last else (length, width)
        x = layers.Dense(width, name="projection")(layers.Reshape(shape, name="line")(x))
        newest = Last(name="newest")(embeddings) if form.last else embeddings
        return layers.Add(name="sum")([layers.Reshape(shape, name="item")(newest), x])


def _newest(x: KerasTensor, count: int) -> KerasTensor:
    from tf_keras import layers

    older = x.shape[2] - count
    return layers.Cropping2D(((0, 0), (older, 0)))(x) if older else x


def _padded(x: KerasTensor, count: int, name: str) -> KerasTensor:
    from tf_keras import layers

    return layers.ZeroPadding2D(((0, 0), (count, 0)), name=name)(x)
