"""Recipes: what is done to a trained model on its way to a .tflite.

A recipe's name says all of it and is read and written by inverse functions::

    RECIPE  = [FORM "+"] [PRUNING "+"] ["qat" "+"] SCHEME
    FORM    = "unrolled"                                   recurrence as plain ops, not one fused op
    PRUNING = "prune50" | "prune80" | "prune2x4" | "cluster16"
    SCHEME  = "float32" | "float16"
            | "dynamic_wi8" | "weight_only_wi8" | "dynamic_wi4" | "weight_only_wi4"
            | "static_wi8_ai8" | "static_wi8_ai16"

``wi8`` is int8 weights, ``ai8`` int8 activations, as in ai-edge-quantizer's recipes. What may be
combined is `rbench.cells.policy`'s business, not the grammar's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from rbench.errors import RecipeError, choices

Pruning = Literal["", "prune50", "prune80", "prune2x4", "cluster16"]
Scheme = Literal[
    "float32",
    "float16",
    "dynamic_wi8",
    "weight_only_wi8",
    "static_wi8_ai8",
    "static_wi8_ai16",
    "dynamic_wi4",
    "weight_only_wi4",
]

SCHEMES: tuple[Scheme, ...] = get_args(Scheme)
PRUNINGS: tuple[Pruning, ...] = tuple(word for word in get_args(Pruning) if word)


@dataclass(frozen=True, order=True)
class Recipe:
    """One parsed recipe. ``str(Recipe.parse(name)) == name`` for every valid name."""

    scheme: Scheme = "float32"
    pruning: Pruning = ""
    qat: bool = False
    unrolled: bool = False

    def __str__(self) -> str:
        words = ("unrolled" if self.unrolled else "", self.pruning, "qat" if self.qat else "")
        return "+".join([*(word for word in words if word), self.scheme])

    @property
    def compression(self) -> str:
        """What training-time compression asks for: ``""``, ``"prune50"``, ``"qat:wi8_ai8"``, ….

        Recipes with equal compression share one fine-tuning. Quantization-aware training depends
        on the bits of the scheme, pruning and clustering do not.
        """
        parts: list[str] = [self.pruning] if self.pruning else []
        if self.qat:
            parts.append(f"qat:{self.scheme.split('_', 1)[1]}" if "_" in self.scheme else "qat")
        return "+".join(parts)

    @classmethod
    def parse(cls, name: str) -> Recipe:
        """The recipe of that name.

        Raises:
            RecipeError: a word is unknown, stands twice, or stands out of order.
        """
        *words, scheme = name.split("+")
        if scheme not in SCHEMES:
            raise RecipeError(
                f"recipe {name!r} does not end in a scheme",
                allowed=choices(SCHEMES),
                remedy="write [unrolled+][prune50+|prune80+|prune2x4+|cluster16+][qat+]SCHEME",
            )
        rest = list(words)
        unrolled = _take(rest, ("unrolled",)) == "unrolled"
        pruning = _take(rest, PRUNINGS)
        qat = _take(rest, ("qat",)) == "qat"
        if rest:
            raise RecipeError(
                f"recipe {name!r} has {rest[0]!r} where it does not belong",
                allowed=choices(("unrolled", "qat", *PRUNINGS)),
                remedy="write [unrolled+][prune50+|prune80+|prune2x4+|cluster16+][qat+]SCHEME",
            )
        return cls(scheme=scheme, pruning=pruning, qat=qat, unrolled=unrolled)  # type: ignore[arg-type]


def _take(words: list[str], wanted: tuple[str, ...]) -> str:
    return words.pop(0) if words and words[0] in wanted else ""
