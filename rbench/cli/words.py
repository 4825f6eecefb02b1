"""The words of recipes and targets, for people: what `rbench list` says of them."""

from __future__ import annotations

from rbench.cells.policy import objection
from rbench.cells.recipe import SCHEMES, Recipe
from rbench.encoding import Encoder, Form, KerasTensor
from rbench.errors import RecipeError

RECIPE_WORDS = {
    "unrolled": "recurrence as plain ops that delegates can take, not one fused op",
    "prune50": "half of the weights of each layer pruned to zero",
    "prune80": "80 % of the weights of each layer pruned to zero",
    "prune2x4": "two zeros in each group of four weights",
    "cluster16": "each layer's weights share 16 values",
    "qat": "trained to expect the scheme's rounding",
    "float32": "nothing is quantized",
    "float16": "weights stored as float16, computed in float32",
    "dynamic_wi8": "int8 weights, activations quantized while running",
    "weight_only_wi8": "int8 weights, computed in float32",
    "dynamic_wi4": "int4 weights, activations quantized while running",
    "weight_only_wi4": "int4 weights, computed in float32",
    "static_wi8_ai8": "int8 weights and int8 activations, ranges from calibration",
    "static_wi8_ai16": "int8 weights and int16 activations, ranges from calibration",
}
"""The words of the recipes' grammar, in the order in which a name may hold them."""

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
    return any(_works(name) for name in (word, *(f"{word}+{scheme}" for scheme in SCHEMES)))


def _works(name: str) -> bool:
    try:
        return not objection(Recipe.parse(name), _Anything())
    except RecipeError:
        return False
