"""What a compression does to a model in training, as fine-tuning sees it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from rbench.compress.places import Floats
from rbench.compress.settings import CompressSettings
from rbench.graph.model import Weights


class Method(ABC):
    """One way to compress by training. It serves one fine-tuning."""

    @abstractmethod
    def wrap(self, model: Any, steps: int) -> Any:
        """Put TFMOT's wrappers around the layers of a trained model.

        Args:
            model: a Keras graph with the trained weights in it; its layers are taken over.
            steps: of the whole fine-tuning.
        """

    @abstractmethod
    def step_size(self, settings: CompressSettings) -> float:
        """Which of the settings' step sizes is meant for it."""

    @abstractmethod
    def end_epoch(self) -> None:
        """What is to be done after the last step of an epoch."""

    @abstractmethod
    def stripped(self) -> Weights:
        """The weights without wrappers, by `rbench.graph.model.get_weights`'s names."""

    @abstractmethod
    def reached(self) -> bool:
        """Whether the weights are now what was asked for."""

    @abstractmethod
    def details(self) -> dict[str, float]:
        """What was reached, in numbers."""

    @abstractmethod
    def ranges(self) -> dict[str, Floats]:
        """Layer's name -> least and largest of its outputs, float32 ``(2,)``; of learnt ones."""
