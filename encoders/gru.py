"""Gated recurrent unit (Cho et al. 2014), the encoder of GRU4Rec (Hidasi et al. 2016)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from rbench.encoding import Encoder, Form, KerasTensor
from rbench_encoders import blocks


@dataclass(frozen=True)
class Gru(Encoder):
    """One GRU over the context, oldest first, projected and added to the newest item.

    The bias of the candidate is held at zero, as in `rbench_encoders.lstm`: padding in front of a
    context does nothing. TFLite has no fused GRU, and tf.lite's calibration crashes on the loop
    (``WHILE``) that it would become: the exported graph is always written out step by step.
    """

    recurrent: ClassVar[bool] = True
    any_length: ClassVar[bool] = True

    def encode(self, embeddings: KerasTensor, mask: KerasTensor, form: Form) -> KerasTensor:
        from tf_keras import layers

        width = embeddings.shape[-1]
        kind = layers.GRU
        if form.last:
            from rbench_encoders.stepwise import StepwiseGRU

            kind = StepwiseGRU
        x = kind(
            width,
            return_sequences=not form.last,
            bias_constraint=_no_candidate_bias,
            name="gru",
        )(embeddings)
        return blocks.beside_newest(x, embeddings, form, form.dropout)

    def state(self, width: int, length: int) -> int:
        return width

    def tap(
        self, embedding: KerasTensor, mask: KerasTensor, state: KerasTensor, length: int
    ) -> tuple[KerasTensor, KerasTensor]:
        from rbench_encoders.stepwise import StepwiseGRU

        after = StepwiseGRU(embedding.shape[-1], name="gru")([embedding, state])
        return blocks.beside_newest(after, embedding, Form(last=True), 0.0), after


def _no_candidate_bias(bias: Any) -> Any:
    """Keep the last of the three thirds (update, reset, candidate) at zero, in both rows."""
    import numpy as np

    units = bias.shape[-1] // 3
    keep = np.repeat(np.array([1, 1, 0], "float32"), units)
    return bias * keep
