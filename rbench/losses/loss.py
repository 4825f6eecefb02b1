"""The loss contract: how far the vectors of a step are from scoring the next items best.

A loss is a class, registered in the entry-point group ``rbench.losses``; a study names it with
``[train] loss``. Its options are the fields of a frozen dataclass, set by ``[train] loss_options``.

Importing a loss's module must be cheap: import TensorFlow inside `Loss.of`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, NamedTuple

Tensor = Any  # TensorFlow is untyped, and importing it here would cost seconds
HIDDEN = -1e4
"""The score of an item that does not count: e^-10,000 is nothing."""


class Hidden(NamedTuple):
    """Which items the users have had by then, where ``hide_history`` leaves them out."""

    places: Tensor
    """int32 ``(n,)``: flat positions batch x length."""
    had: Tensor
    """int32 ``(batch, items)``: from which position on the user has had the item, ``length`` where
    not at all."""
    length: int

    def mask(self, targets: Tensor) -> Tensor:
        """bool ``(n, items)``: had by then, and not what comes next.

        Args:
            targets: int32 ``(n,)``, as for `Loss.of`.
        """
        import tensorflow as tf

        return self._mask(tf.range(tf.shape(self.had)[1]), self.had, targets)

    def mask_among(self, items: Tensor, targets: Tensor) -> Tensor:
        """The same for some items alone: bool ``(n, k)``.

        Args:
            items: int32 ``(k,)``, rows of the table.
        """
        import tensorflow as tf

        return self._mask(items, tf.gather(self.had, items, axis=1), targets)

    def _mask(self, items: Tensor, had: Tensor, targets: Tensor) -> Tensor:
        import tensorflow as tf

        known = tf.gather(had, self.places // self.length)
        by_then = known <= (self.places % self.length)[:, tf.newaxis]
        return by_then & (items[tf.newaxis] != targets[:, tf.newaxis])


class Loss(ABC):
    """What a training step minimizes. Item n's score at a position is the product of the
    position's vector and row n of the table.
    """

    @abstractmethod
    def of(
        self,
        vectors: Tensor,
        table: Tensor,
        targets: Tensor,
        weights: Tensor,
        hidden: Hidden | None,
    ) -> Tensor:
        """The loss of one step, drawn as a TensorFlow graph.

        Args:
            vectors: float32 ``(n, width)``, one for every position that learns.
            table: float32 ``(items, width)``, the item table.
            targets: int32 ``(n,)``, row of the item that comes next.
            weights: float32 ``(n,)``, 1, and 0 for places that only fill the batch up.
            hidden: items to leave out, place by place; None: none.

        Returns:
            float32 scalar, finite: the mean over the places by their weights. Gradients reach
            ``vectors`` and ``table``.
        """
