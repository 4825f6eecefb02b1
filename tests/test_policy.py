"""The policy table: what may not be combined, and why."""

from dataclasses import dataclass
from typing import ClassVar

import pytest

from rbench.encoding import Encoder
from rbench.policy import RULES, objection
from rbench.recipe import Recipe


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
        ("cluster16+qat+dynamic_wi4", Plain(), "clusters are preserved"),
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


def test_every_rule_names_the_library_that_sets_the_limit():
    assert all(rule.reason.endswith(")") and "(" in rule.reason for rule in RULES)
