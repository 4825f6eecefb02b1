"""What may not be combined, and why."""

from dataclasses import dataclass
from typing import ClassVar

import pytest

from rbench.cells.policy import objection, target_objection
from rbench.cells.recipe import Recipe
from rbench.cells.target import Target
from rbench.encoding import Encoder
from rbench.recipes.registered import schemes


@dataclass(frozen=True)
class Plain(Encoder):
    def encode(self, embeddings, mask, form):
        return embeddings


@dataclass(frozen=True)
class Recurrent(Plain):
    recurrent: ClassVar[bool] = True


@pytest.mark.parametrize(
    ("recipe", "encoder", "reason"),
    [
        ("unrolled+float32", Plain(), "no recurrence to unroll"),
        ("unrolled+float32", Recurrent(), ""),
        ("qat+float32", Plain(), "needs a quantized scheme"),
        ("qat+float16", Plain(), "needs a quantized scheme"),
        ("qat+static_wi8_ai16", Plain(), "no fake quantization of 16 bits"),
        ("cluster16+qat+float32", Plain(), "needs a quantized scheme"),
        ("cluster16+qat+static_wi8_ai16", Plain(), "no fake quantization of 16 bits"),
        ("cluster16+qat+dynamic_wi4", Plain(), "clusters are preserved"),
        ("cluster16+qat+dynamic_wi8", Plain(), "clusters are preserved"),
        ("cluster16+qat+static_wi8_ai8", Recurrent(), ""),
        ("prune2x4+qat+dynamic_wi4", Plain(), ""),
        ("unrolled+prune50+float32", Recurrent(), ""),
        ("float32", Plain(), ""),
        ("static_wi8_ai8", Recurrent(), ""),
    ],
)
def test_objection(recipe, encoder, reason):
    said = objection(Recipe.parse(recipe), encoder)
    assert reason in said
    assert bool(said) == bool(reason)


def test_a_file_is_refused_for_an_operator_under_its_scheme_alone() -> None:
    ops = {"ADD", "UNIDIRECTIONAL_SEQUENCE_LSTM"}
    assert "unrolled" in schemes()["static_wi8_ai16"].objection(ops)
    assert schemes()["static_wi8_ai16"].objection({"ADD"}) == ""
    assert schemes()["static_wi8_ai8"].objection(ops) == ""


@pytest.mark.parametrize("scheme", schemes())
def test_every_scheme_is_open_to_a_plain_encoder(scheme) -> None:
    assert objection(Recipe.parse(scheme), Plain()) == ""


def test_int16_activations_are_nothing_for_xnnpack() -> None:
    recipe = Recipe.parse("static_wi8_ai16")
    assert "XNNPACK" in target_objection(recipe, Target.parse("xnnpack@2"))
    assert "XNNPACK" in target_objection(recipe, Target.parse("xnnpack_cached"))
    assert target_objection(recipe, Target.parse("cpu")) == ""
    assert target_objection(Recipe.parse("static_wi8_ai8"), Target.parse("xnnpack")) == ""
