"""The encoder contract: what turns a context into vectors.

An encoder is a frozen dataclass (its fields are its options) that derives from `Encoder` and
draws a piece of a Keras graph. It is passed around as an instance; nothing asks for its name.

Importing an encoder's module must be cheap: import TensorFlow and Keras inside `Encoder.encode`,
so that `rbench list`, planning and resuming stay instant.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from rbench.bounds import Bounded, Range

KerasTensor = Any  # tf_keras is untyped, and importing it here would cost seconds


class ModelSettings(Bounded, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The shape that every encoder of a study shares."""

    width: Annotated[int, Range(1, 4096)] = 64
    """Width of the item table and of every encoder's output, in numbers."""
    length: Annotated[int, Range(1, 10_000)] = 50
    """Items in a context; shorter histories are padded on the left with id 0."""
    top_k: Annotated[int, Range(1, 1_000_000)] = 100
    """Items that the exported model returns, best first; never more than the catalogue has."""


@dataclass(frozen=True)
class Form:
    """Which of its equivalent graphs an encoder draws. All forms share one set of weights:
    layers keep their names and their weights' shapes, values are copied by layer name.
    """

    last: bool = False
    """Only the last position is wanted, ``(batch, width)``: the form that is exported. Work that
    serves earlier positions alone should not be in the graph."""
    unrolled: bool = False
    """Recurrence is written out step by step in plain ops, so that delegates can take it.
    Only asked of encoders that are `Encoder.recurrent`."""
    dropout: float = 0.0
    """What training drops within the encoder, where no option of its own says otherwise."""


class Encoder(ABC):
    """Turns the embeddings of a context into one vector per position, causally."""

    recurrent: ClassVar[bool] = False
    """Whether there is an `Form.unrolled` form apart from the plain one."""
    any_length: ClassVar[bool] = False
    """Whether the shapes of its weights do not depend on the length of the context, and it knows
    no positions but ages: it may learn from longer windows than the file's contexts."""
    stateless: ClassVar[str] = ""
    """Why it has no `tap`, for lists and reports; empty: it has one, or nobody has said."""

    @abstractmethod
    def encode(self, embeddings: KerasTensor, mask: KerasTensor, form: Form) -> KerasTensor:
        """Draw the graph with stock ``tf_keras`` layers (and small parameter-free ones).

        Args:
            embeddings: float32 ``(batch, length, width)``, oldest first, zero where padded.
            mask: float32 ``(batch, length)``, 1 for an item, 0 for padding; padding comes first.
            form: which of the equivalent graphs to draw.

        Returns:
            float32 ``(batch, length, width)``, where position t depends on positions <= t only
            and not on padded ones; or, with ``form.last``, its last position ``(batch, width)``.

        Every layer with weights carries a fixed name, the same in every form. Width and length
        are read off ``embeddings.shape``; the batch may be open (training) or 1 (export).
        """

    def state(self, width: int, length: int) -> int:
        """How many numbers `tap` carries from one item to the next; 0: it has no `tap`.

        Args:
            length: of the contexts that the file takes.
        """
        return 0

    def tap(
        self, embedding: KerasTensor, mask: KerasTensor, state: KerasTensor, length: int
    ) -> tuple[KerasTensor, KerasTensor]:
        """Draw one step of the same function, for encoders whose `state` is not 0: what an item
        changes, from what was before it. After up to ``length`` items, beginning with zeros, its
        vector is the one that `encode` gives for the whole context.

        Args:
            embedding: float32 ``(batch, 1, width)``, zero for id 0.
            mask: float32 ``(batch, 1)``, 1 for an item, 0 for id 0.
            state: float32 ``(batch, numbers)``; zeros before the first item.

        Returns:
            The vector ``(batch, width)`` and the state ``(batch, numbers)`` for the next item.

        Every layer with weights carries the name and the weights that it has in `encode`.
        """
        raise NotImplementedError(f"{type(self).__name__} keeps no state")
