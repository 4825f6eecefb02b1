"""What a recipe may combine: a table, apart from the grammar.

A forbidden combination becomes a record with state ``unsupported`` and the reason given here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

from rbench.cells.recipe import Recipe, Scheme
from rbench.cells.target import Target


class Known(Protocol):
    """What a rule may ask of an encoder."""

    @property
    def recurrent(self) -> bool:
        """As `rbench.encoding.Encoder.recurrent`."""


class Rule(NamedTuple):
    """One row: where ``forbids`` is true, the cell is unsupported for this reason."""

    forbids: Callable[[Recipe, Known], bool]
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
        lambda recipe, _: recipe.qat and recipe.scheme == "static_wi8_ai16",
        "no fake quantization of 16 bits goes into the file: it is calibrated after training "
        "(tensorflow-model-optimization)",
    ),
    Rule(
        lambda recipe, _: (
            recipe.qat and recipe.pruning == "cluster16" and recipe.scheme != "static_wi8_ai8"
        ),
        "clusters are preserved in quantization-aware training of weights and activations of "
        "8 bits only (tensorflow-model-optimization)",
    ),
)


def objection(recipe: Recipe, encoder: Known) -> str:
    """Why this recipe cannot meet this encoder; empty where it can."""
    return next((rule.reason for rule in RULES if rule.forbids(recipe, encoder)), "")


def target_objection(recipe: Recipe, target: Target) -> str:
    """Why files of this recipe cannot be timed there; empty where they can."""
    if recipe.scheme == "static_wi8_ai16" and target.backend == "xnnpack":
        return (
            "XNNPACK has no kernels for int16 activations: every lookup and every matrix product "
            "would run on the CPU's own (XNNPACK)"
        )
    return ""


FILE_RULES: dict[Scheme, dict[str, str]] = {
    "static_wi8_ai16": {
        "UNIDIRECTIONAL_SEQUENCE_LSTM": "tf.lite leaves a fused LSTM half in float beside int16 "
        "activations, and no kernel takes it; ai-edge-quantizer leaves all of it in float32: use "
        "the unrolled form (tf.lite, ai-edge-quantizer)",
    },
}
"""Scheme -> operator that the scheme cannot have, and why: seen in the converted file alone."""


def file_objection(scheme: Scheme, operators: Iterable[str]) -> str:
    """Why a file with these operators cannot run under the scheme; empty where it can."""
    rules = FILE_RULES.get(scheme, {})
    return next((rules[name] for name in operators if name in rules), "")
