"""The scheme contract: how the numbers of a file are stored and computed.

A scheme is the last word of a recipe. It is a value, an instance of a class that derives from
`Scheme`, registered under its name in the entry-point group ``rbench.schemes``; all that the
grammar, the policy, lists, reports and documentation say of it is made from its fields. Importing
its module must be cheap: import TensorFlow, and `rbench.convert`, inside `Scheme.convert`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from rbench.features import Features

Model = Any
"""A .tflite as the schema's objects, see `rbench.convert.flatbuffer`."""
Configure = Callable[[Any], None]
"""Sets up a ``tf.lite.TFLiteConverter`` before it converts."""
Chosen = Callable[[Model, Any], Sequence[Any]]
"""A model and its first subgraph -> some of its operators."""
NOWHERE = 1000
"""The place of those that name none: behind ours, among each other by name."""


class Source(Protocol):
    """A compressed model on its way into a file, as a scheme gets it."""

    @property
    def contexts(self) -> Features:
        """Contexts of the training split to calibrate on, with all that the model is given."""

    @property
    def learnt(self) -> bool:
        """Whether the graph has fake quantization with learnt ranges: tf.lite takes them from
        there, and there is nothing to calibrate. Only schemes whose `Grid` has activations see it.
        """

    def by_tflite(
        self, configure: Configure | None = None, in_float: Chosen | None = None
    ) -> Model:
        """What ``tf.lite``'s converter makes of the model: builtin operators, one signature.

        Args:
            configure: sets up the converter; without, nothing is quantized.
            in_float: of a calibrated int8 model, the operators that stay in float between integers.

        Raises:
            StageError: it gave up.
        """

    def calibrate(self, converter: Any) -> None:
        """Give a converter the contexts as its representative data."""


class Converted(NamedTuple):
    """What a scheme makes of a model."""

    model: Model
    library: str
    """That quantized, for the record: ``tf.lite``, ``ai-edge-quantizer``, ``rbench``, …"""


class Grid(NamedTuple):
    """The numbers that a file will hold, for training that learns to live with them."""

    weights: int
    """Bits of the weights: symmetric integers, without the lowest one."""
    activations: int = 0
    """Bits of what layers give; 0: floats."""
    block: int = 0
    """Neighbours in a row of the item table that share a scale; 0: one scale for all of it."""
    table: int = 0
    """Bits of the item table, if not those of the other weights; 0: those. At 2 bits its four
    numbers lie evenly around 0, at -3, -1, 1 and 3 halves of the scale."""

    def __str__(self) -> str:
        activations = f"_ai{self.activations}" if self.activations else ""
        block = f"_b{self.block}" if self.block else ""
        table = f"_t{self.table}" if self.table else ""
        return f"wi{self.weights}{activations}{block}{table}"


@dataclass(frozen=True, kw_only=True, eq=False)
class Scheme(ABC):
    """One way to store and compute a model's numbers."""

    name: str
    """Its word in recipes: lower case, digits and ``_``; that of its entry point."""
    meaning: str
    """What it does, in one line: `rbench list recipes`."""
    quantizer: str
    """Who quantizes, in one line: docs/recipes.md."""
    weights: str
    """How weights are stored, in one line: docs/recipes.md."""
    arithmetic: str
    """In which numbers it computes, in one line: docs/recipes.md."""
    granularity: str
    """What shares a scale, in one line: docs/recipes.md."""
    weight_bits: int
    """Of one weight in the file."""
    activation_bits: int
    """Of one number between two operators."""
    quantized: bool = True
    """Whether weights are integers."""
    calibrated: bool = False
    """Whether its ranges come from calibration; such schemes stand last in lists."""
    by_default: bool = False
    """Whether the built-in study has it."""
    place: int = NOWHERE
    """Where it stands among the schemes, in lists and in the shapes of marks."""
    grid: Grid | None = None
    """What quantization-aware training is to train for; None: it cannot."""
    refuses: Mapping[str, str] = field(default_factory=dict)
    """Word of a compression -> why it cannot meet this scheme, with the library that sets the
    limit in brackets at the end, as in all reasons."""
    refused_by: Mapping[str, str] = field(default_factory=dict)
    """Backend of a target (``xnnpack``, ``gpu``, …) -> why files of this scheme cannot run there.
    """
    lacks: Mapping[str, str] = field(default_factory=dict)
    """Operator -> why no file of this scheme can have it: seen in the converted file alone."""
    tolerance: float
    """How far a file's scores may be from the Keras model's, as a share of their spread: root mean
    square distance over standard deviation, on the small models of `rbench.testing`."""

    @abstractmethod
    def convert(self, source: Source) -> Converted:
        """The model under this scheme. rbench lets lookup and scoring share one item table,
        drops what is stored twice and readies the graph for delegates afterwards.

        Raises:
            StageError: the converter gave up.
            Unsupported: no kernel runs what it would write.
        """

    def objection(self, operators: Iterable[str]) -> str:
        """Why a file with these operators cannot run; empty where it can."""
        return next((self.lacks[name] for name in operators if name in self.lacks), "")
