"""An attention-free mixer: free curves over age in place of attention, with gates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rbench.encoding import Encoder, Form, KerasTensor
from rbench_encoders import blocks


@dataclass(frozen=True)
class Mixer(Encoder):
    """Residual ``blocks`` as in the linear recurrence, in which how much an item counts by its age
    is free: one curve for each of 8 groups of channels, as long as the context.
    """

    stateless: ClassVar[str] = "its sums have no short form: the state would be the context"
    blocks: int = 2
    dropout: float | None = None
    """Within the encoder; None: the training's."""

    def __post_init__(self) -> None:
        blocks.check_blocks(self.blocks)
        blocks.check_dropout(self.dropout)

    def encode(self, embeddings: KerasTensor, mask: KerasTensor, form: Form) -> KerasTensor:
        from rbench_encoders import curves

        sums = blocks.Sums(curves.All, curves.Filtered, curves.Newest)
        dropout = blocks.drop_rate(self.dropout, form)
        return blocks.mixed(embeddings, mask, form, self.blocks, sums, dropout)
