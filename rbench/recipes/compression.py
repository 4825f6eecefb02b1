"""The compression contract: what training does to weights before they are converted.

A compression is a word of a recipe, before the scheme. It is a value, an instance of a class that
derives from `Compression`, registered under its word in the entry-point group
``rbench.compressions``; all that the grammar, the policy, lists and reports say of it is made from
its fields. Importing its module must be cheap: import TensorFlow inside `Compression.method`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from rbench.recipes.scheme import NOWHERE, Grid, Scheme

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Weights: TypeAlias = "dict[str, NDArray[np.float32]]"
"""``layer/index`` -> array, as `rbench.graph.model.get_weights` names them."""
Ranges: TypeAlias = "dict[str, NDArray[np.float32]]"
"""Layer's name -> least and largest number of its outputs, float32 ``(2,)``."""


class LearningRates(Protocol):
    """Of a study's ``[compress]``."""

    @property
    def learning_rate(self) -> float:
        """For what takes away much."""

    @property
    def qat_learning_rate(self) -> float:
        """For what has less to mend."""


@dataclass(frozen=True)
class Given:
    """What a fine-tuning is made for: nothing else of a recipe decides about it."""

    grid: Grid | None = None
    """The scheme's, where the compression is `Compression.for_grid`."""
    earlier: tuple[Compression, ...] = ()
    """The recipe's compressions before this one, whose work is to stay."""


class Method(ABC):
    """One fine-tuning, as it runs: wrappers around a model's layers, and what came of them."""

    @abstractmethod
    def wrap(self, model: Any, steps: int) -> Any:
        """Put wrappers around the layers of a trained model.

        Args:
            model: a Keras graph with the trained weights in it; its layers are taken over.
            steps: of the whole fine-tuning.
        """

    def learning_rate(self, settings: LearningRates) -> float:
        """Which of the settings' step sizes is meant for it."""
        return settings.learning_rate

    def end_epoch(self) -> None:  # noqa: B027 - most have nothing to do
        """What is to be done after the last step of an epoch; by default nothing."""

    @abstractmethod
    def stripped(self) -> Weights:
        """The weights without wrappers, by `rbench.graph.model.get_weights`'s names."""

    @abstractmethod
    def reached(self) -> bool:
        """Whether the weights are now what was asked for. Only such epochs are kept."""

    def details(self) -> dict[str, float]:
        """What was reached, in numbers; by default nothing."""
        return {}

    def ranges(self) -> Ranges:
        """Learnt ranges of outputs; by default none."""
        return {}


@dataclass(frozen=True, kw_only=True, eq=False)
class Compression(ABC):
    """One way to compress by training."""

    word: str
    """Its word in recipes: lower case, digits and ``_``; that of its entry point."""
    step: int
    """When it happens: words of a recipe stand in the order of their steps, one a step. Pruning and
    clustering are step 10, quantization-aware training, the last, is step 20."""
    meaning: str
    """What it does, in one line: `rbench list recipes`."""
    brief: str
    """The same in a few words, for a report's headings."""
    place: int = NOWHERE
    """Where it stands among those of its step, in lists."""
    for_grid: bool = False
    """Whether it depends on the scheme's `Grid`; then recipes of different grids share nothing."""
    leaves: str = ""
    """What later compressions must not undo: ``zeros``, ``clusters`` (few distinct numbers), or
    anything else, which then meets no later compression that does not know it."""
    stored_in_full: bool = False
    """Whether what it saves shows only where a file is compressed: its zeros or repeated values are
    stored like any other number."""

    def objection(self, scheme: Scheme, earlier: Sequence[Compression]) -> str:
        """Why it cannot meet this scheme, or what was done before; empty where it can.

        A reason ends with the library that sets the limit, in brackets.
        """
        return ""

    @abstractmethod
    def method(self, given: Given) -> Method:
        """A fresh fine-tuning."""


def left_by(compressions: Sequence[Compression]) -> tuple[str, ...]:
    """What compressions leave that is to stay, each kind once."""
    return tuple(dict.fromkeys(found.leaves for found in compressions if found.leaves))
