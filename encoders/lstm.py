"""Long short-term memory (Hochreiter and Schmidhuber 1997)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from rbench.encoding import Encoder, Form, KerasTensor
from rbench_encoders import blocks


@dataclass(frozen=True)
class Lstm(Encoder):
    """One LSTM over the context, oldest first, projected and added to the newest item.

    The sum lets the network learn what the history changes about its newest item; without it a
    log of a few hundred users is too small for a recurrence to begin with.

    The bias of the cell's candidate is held at zero: then a zero input leaves a zero state as it
    is, and padding in front of a context does nothing. Converted as it stands it becomes one
    fused ``UNIDIRECTIONAL_SEQUENCE_LSTM``; unrolled, plain operators that delegates take.
    """

    recurrent: ClassVar[bool] = True
    any_length: ClassVar[bool] = True

    def encode(self, embeddings: KerasTensor, mask: KerasTensor, form: Form) -> KerasTensor:
        from tf_keras import layers

        width = embeddings.shape[-1]
        kind = layers.LSTM
        if form.unrolled:
            from rbench_encoders.stepwise import StepwiseLSTM

            kind = StepwiseLSTM
        x = kind(
            width,
            return_sequences=not form.last,
            bias_constraint=_no_candidate_bias,
            name="lstm",
        )(embeddings)
        return blocks.beside_newest(x, embeddings, form, form.dropout)

    def state(self, width: int, length: int) -> int:
        return 2 * width

    def tap(
        self, embedding: KerasTensor, mask: KerasTensor, state: KerasTensor, length: int
    ) -> tuple[KerasTensor, KerasTensor]:
        from tf_keras import layers

        from rbench.layers import Part
        from rbench_encoders.stepwise import StepwiseLSTM

        width = embedding.shape[-1]
        before = [Part(n, 2, name=f"state_{n}")(state) for n in range(2)]
        step = StepwiseLSTM(width, return_state=True, name="lstm")
        x, hidden, cell = step([embedding, *before])
        after = layers.Concatenate(name="after")([hidden, cell])
        return blocks.beside_newest(x, embedding, Form(last=True), 0.0), after


def _no_candidate_bias(bias: Any) -> Any:
    """Keep the third of the four quarters (input, forget, candidate, output) at zero."""
    import numpy as np

    units = bias.shape[0] // 4
    keep = np.repeat(np.array([1, 1, 0, 1], "float32"), units)
    return bias * keep
