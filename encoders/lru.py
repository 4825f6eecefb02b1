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
        blocks.check_blocks(self.blocks)
        blocks.check_dropout(self.dropout)

    def encode(self, embeddings: KerasTensor, mask: KerasTensor, form: Form) -> KerasTensor:
        from rbench_encoders import recurrence

        sums = blocks.Sums(recurrence.Scan, recurrence.Filtered, recurrence.Newest)
        dropout = blocks.drop_rate(self.dropout, form)
        return blocks.mixed(embeddings, mask, form, self.blocks, sums, dropout)

    def state(self, width: int, length: int) -> int:
        return self.blocks * width

    def tap(
        self, embedding: KerasTensor, mask: KerasTensor, state: KerasTensor, length: int
    ) -> tuple[KerasTensor, KerasTensor]:
        from rbench_encoders import recurrence

        return blocks.carried(embedding, mask, state, self.blocks, recurrence.Step)
