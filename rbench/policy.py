"""What a recipe may combine: a table, apart from the grammar.

A forbidden combination becomes a record with state ``unsupported`` and the reason given here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from rbench.encoding import Encoder
from rbench.recipe import Recipe


class Rule(NamedTuple):
    """One row: where ``forbids`` is true, the cell is unsupported for this reason."""

    forbids: Callable[[Recipe, Encoder], bool]
    reason: str


RULES: tuple[Rule, ...] = (
    Rule(
        lambda recipe, encoder: recipe.unrolled and not encoder.recurrent,
        "the encoder has no recurrence to unroll (rbench)",
    ),
    Rule(
        lambda recipe, _: recipe.qat and recipe.scheme in ("float32", "float16"),
        "quantization-aware training needs a quantized scheme (tensorflow-model-optimization)",
    ),
    Rule(
        lambda recipe, _: bool(recipe.compression),
        "this version of rbench does not prune, cluster or train for quantization yet (rbench)",
    ),
)


def objection(recipe: Recipe, encoder: Encoder) -> str:
    """Why this recipe cannot meet this encoder; empty where it can."""
    return next((rule.reason for rule in RULES if rule.forbids(recipe, encoder)), "")
