"""The contract of a feature: one more input of a model, beside the context.

A feature is a frozen dataclass (its fields are its options) that derives from `Feature`, registered
in the entry-point group ``rbench.features``; a study switches it on in ``[features]``. It reads a
column of the log, says what stands at each position of a context, and draws how that changes the
embeddings there. Importing its module must be cheap: import TensorFlow inside `Feature.embed`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

KerasTensor = Any  # tf_keras is untyped, and importing it here would cost seconds
TIME = "time"
"""The column that holds when an interaction was: int64, seconds since 1970."""
NUMBERS, WORDS = "number:", "text:"
"""Before the name of any other column of the log: what it is read as, float64 or text."""


class FeatureSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A feature as a value: enough to make the instance anywhere."""

    name: str
    """Of its entry point."""
    label: str = ""
    """What the study calls it, where that is not its name."""
    options: dict[str, Any] = {}
    source: str = ""
    """Hash of its code, `rbench.plugins.source_hash`."""


class Feature(ABC):
    """One input per position."""

    name: ClassVar[str]
    """Of the signature's input; a layer with weights has a name that begins so."""
    kind: ClassVar[str]
    """How clients make it, a word of contract.json."""
    meaning: ClassVar[str]
    """What its numbers say, in a line: contract.json."""
    dtype: ClassVar[str] = "int32"
    """numpy's name of the input's type."""
    column: ClassVar[str] = TIME
    """Of the log, from which it is made."""
    request: ClassVar[bool] = False
    """Whether it uses the moment of the request, which a model of ids alone does not know: reports
    keep such rows apart."""

    @abstractmethod
    def values(self, column: NDArray[Any], now: Any) -> NDArray[Any]:
        """What stands at each position.

        Args:
            column: ``(n,)``, the column at the items of a context, oldest first; no padding.
            now: the column at the moment of the request. In training and in evaluation that of the
                item which comes next: a feature that is no `request` must not look at it.

        Returns:
            ``(n,)`` of `dtype`; padding is filled with 0. A value at position t that depends on
            later positions must do so through ``now`` alone, as differences to it.
        """

    @abstractmethod
    def embed(self, given: KerasTensor, width: int) -> KerasTensor:
        """Draw what is added to the embeddings, with stock layers and small parameter-free ones.

        Args:
            given: the input, ``(batch, length)``, 0 where padded.

        Returns:
            float32 ``(batch, length, width)``. What stands where padded does not matter. Position t
            may depend on positions <= t, and on the next one through what the moment after it says.
        """

    def facts(self) -> dict[str, Any]:
        """What records say of it."""
        return {
            "input": self.name,
            "kind": self.kind,
            "meaning": self.meaning,
            "request": self.request,
        }


def filled(values: NDArray[Any], length: int, dtype: str) -> NDArray[Any]:
    """A row of an input: ``(n,)`` -> ``(length,)``, padded on the left with 0."""
    row = np.zeros(length, dtype)
    if len(values):
        row[length - len(values) :] = values
    return row
