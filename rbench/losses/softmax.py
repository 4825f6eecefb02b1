"""The default loss: the full softmax over the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

from rbench.losses.loss import Hidden, Loss, Tensor


@dataclass(frozen=True)
class Softmax(Loss):
    """Mean cross-entropy in nats; all other items of the catalogue are negatives."""

    def of(
        self,
        vectors: Tensor,
        table: Tensor,
        targets: Tensor,
        weights: Tensor,
        hidden: Hidden | None,
    ) -> Tensor:
        from rbench.losses.full_softmax import softmax_loss

        return softmax_loss(vectors, table, targets, weights, hidden)
