"""The words of recipes and targets, for people: what `rbench list` says of them."""

from __future__ import annotations

from rbench.cells.policy import objection
from rbench.cells.recipe import Recipe
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


TARGET_WORDS = {
    "cpu": "plain kernels on the CPU",
    "xnnpack": "the XNNPACK delegate on the CPU",
    "xnnpack_cached": "the same with its weight cache: equal weights are packed once",
    "gpu": "the GPU delegate",
    "@N": "on N threads; one if left out",
    "litert/": "timed by ai-edge-litert; the tool on this host if left out",
    "benchmark_model/": "timed by TensorFlow Lite's benchmark tool; the tool on a phone",
    "SERIAL/": "on the phone with that adb serial; this host if left out",
}
"""The parts of a target's name: DELEGATE[@THREADS], before it [TOOL/], before that [DEVICE/]."""


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
