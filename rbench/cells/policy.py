"""What a recipe may combine: asked of its words, apart from the grammar.

A forbidden combination becomes a record with state ``unsupported`` and the reason given here.
"""

from __future__ import annotations

from typing import Protocol

from rbench.cells.recipe import Recipe
from rbench.cells.target import Target
from rbench.recipes.compression import Compression


class Known(Protocol):
    """What is asked of an encoder."""

    @property
    def recurrent(self) -> bool:
        """As `rbench.encoding.Encoder.recurrent`."""


def objection(recipe: Recipe, encoder: Known) -> str:
    """Why this recipe cannot meet this encoder; empty where it can."""
    if recipe.unrolled and not encoder.recurrent:
        return "the encoder has no recurrence to unroll (rbench)"
    earlier: tuple[Compression, ...] = ()
    for found in recipe.compressions:
        reason = recipe.scheme.refuses.get(found.word, "")
        reason = reason or found.objection(recipe.scheme, earlier)
        if reason:
            return reason
        earlier += (found,)
    return ""


def target_objection(recipe: Recipe, target: Target) -> str:
    """Why files of this recipe cannot be timed there; empty where they can."""
    return recipe.scheme.refused_by.get(target.backend, "")
