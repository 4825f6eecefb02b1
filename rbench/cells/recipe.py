"""Recipes: what is done to a trained model on its way to a .tflite.

A recipe's name says all of it and is read and written by inverse functions::

    RECIPE = ["unrolled" "+"] {COMPRESSION "+"} SCHEME

``unrolled`` writes a recurrence out as plain ops instead of one fused op. The schemes and
compressions are those that are installed (`rbench.recipes.registered`); compressions stand in the
order of their steps, one a step. What may be combined is `rbench.cells.policy`'s business, not the
grammar's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

from rbench.errors import RecipeError, choices
from rbench.recipes.compression import Compression, Given
from rbench.recipes.registered import UNROLLED, compressions, schemes
from rbench.recipes.scheme import Scheme

PLAIN = "float32"
"""The recipe that all others are compared with: nothing is done."""


@dataclass(frozen=True)
class Recipe:
    """One parsed recipe. ``str(Recipe.parse(name)) == name`` for every valid name."""

    scheme: Scheme = field(default_factory=lambda: schemes()[PLAIN])
    compressions: tuple[Compression, ...] = ()
    """In the order of their steps."""
    unrolled: bool = False

    def __str__(self) -> str:
        words = [UNROLLED] if self.unrolled else []
        return "+".join([*words, *(found.word for found in self.compressions), self.scheme.name])

    def fine_tunings(self) -> Iterator[tuple[Compression, Given]]:
        """Its compressions, each with what its fine-tuning is made for."""
        earlier: tuple[Compression, ...] = ()
        for found in self.compressions:
            yield found, Given(self.scheme.grid if found.for_grid else None, earlier)
            earlier += (found,)

    @property
    def compression(self) -> str:
        """What training-time compression asks for: ``""``, ``"prune50"``, ``"qat:wi8_ai8"``, ….

        Recipes with equal compression share one fine-tuning.
        """
        return "+".join(
            found.word if given.grid is None else f"{found.word}:{given.grid}"
            for found, given in self.fine_tunings()
        )

    @classmethod
    def parse(cls, name: str) -> Recipe:
        """The recipe of that name.

        Raises:
            RecipeError: a word is unknown, stands twice, or stands out of order.
        """
        *rest, scheme = name.split("+")
        if scheme not in schemes():
            raise RecipeError(
                f"recipe {name!r} does not end in a scheme",
                allowed=choices(schemes()),
                remedy=f"write {grammar()}",
            )
        unrolled = bool(_take(rest, (UNROLLED,)))
        words = [word for step in _steps() if (word := _take(rest, step))]
        if rest:
            raise RecipeError(
                f"recipe {name!r} has {rest[0]!r} where it does not belong",
                allowed=choices((UNROLLED, *compressions())),
                remedy=f"write {grammar()}",
            )
        found = tuple(compressions()[word] for word in words)
        return cls(scheme=schemes()[scheme], compressions=found, unrolled=unrolled)


def default_recipes() -> tuple[str, ...]:
    """Of the built-in study: the schemes that say so, and nothing else."""
    return tuple(name for name, scheme in schemes().items() if scheme.by_default)


def grammar() -> str:
    """The form of a recipe's name, with every word before the scheme."""
    optional = (f"[{'|'.join(f'{word}+' for word in words)}]" for words in [(UNROLLED,), *_steps()])
    return f"{''.join(optional)}SCHEME"


def _steps() -> Iterator[tuple[str, ...]]:
    """The words of each step, of which a recipe has one at most."""
    for _, found in groupby(compressions().values(), key=lambda one: one.step):
        yield tuple(compression.word for compression in found)


def _take(words: list[str], wanted: tuple[str, ...]) -> str:
    return words.pop(0) if words and words[0] in wanted else ""
