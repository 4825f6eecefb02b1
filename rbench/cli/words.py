"""The words of recipes and targets, for people: what `rbench list` says of them."""

from __future__ import annotations

from rbench.cells.policy import objection
from rbench.cells.recipe import Recipe
from rbench.cells.tools import installed
from rbench.encoding import Encoder, Form, KerasTensor
from rbench.errors import RecipeError
from rbench.recipes.registered import UNROLLED, compressions, schemes


def recipe_words() -> dict[str, str]:
    """The words of the recipes' grammar, in the order in which a name may hold them, and what each
    means; schemes that need no calibration first.
    """
    plain_first = sorted(schemes().values(), key=lambda scheme: scheme.calibrated)
    return {
        UNROLLED: "recurrence as plain ops that delegates can take, not one fused op",
        **{word: found.meaning for word, found in compressions().items()},
        **{scheme.name: scheme.meaning for scheme in plain_first},
    }


def target_words() -> dict[str, str]:
    """The parts of a target's name: DELEGATE[@THREADS], before that [TOOL/], first [DEVICE/]."""
    every = sorted(installed(), key=lambda tool: (bool(tool.device), not tool.implied, tool.word))
    words: dict[str, str] = {}
    for tool in every:
        for delegate in tool.delegates:
            if delegate.name not in words:
                place = "" if tool.implied else f"{tool.word}/"
                words[f"{place}{delegate.name}"] = delegate.meaning
    words["@N"] = "on N threads; one if left out"
    for tool in every:
        words.setdefault(f"{tool.word}/", tool.meaning)
    return words | {f"{tool.device}/": tool.device_meaning for tool in every if tool.device}


class _Anything(Encoder):
    """The encoder that policy has least against."""

    recurrent = True

    def encode(self, embeddings: KerasTensor, mask: KerasTensor, form: Form) -> KerasTensor:
        return embeddings


def supported(word: str) -> bool:
    """Whether this version lets some encoder meet a recipe that has the word."""
    return any(_works(name) for name in (word, *(f"{word}+{scheme}" for scheme in schemes())))


def _works(name: str) -> bool:
    try:
        return not objection(Recipe.parse(name), _Anything())
    except RecipeError:
        return False
