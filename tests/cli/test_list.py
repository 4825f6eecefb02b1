"""`rbench list`: complete, and light."""

import json

import pytest

from rbench import plugins
from rbench.cells.policy import objection
from rbench.cells.recipe import PRUNINGS, SCHEMES, Recipe
from rbench.cells.target import DELEGATES, TOOLS
from rbench.cli.words import RECIPE_WORDS, TARGET_WORDS

NEVER = ("tensorflow", "tf_keras", "ai_edge_litert", "pandas", "plotly")
KINDS = ("encoders", "recipes", "targets", "reports", "studies")


def test_every_word_of_the_grammars_is_explained():
    assert list(RECIPE_WORDS) == ["unrolled", *PRUNINGS, "qat", *_in_order(SCHEMES)]
    assert {*DELEGATES, *(f"{tool}/" for tool in TOOLS)} < set(TARGET_WORDS)


def _in_order(schemes):
    return [word for word in RECIPE_WORDS if word in schemes]


def test_every_scheme_is_explained():
    assert set(SCHEMES) < set(RECIPE_WORDS)


@pytest.mark.parametrize("kind", KINDS)
def test_json_and_table_hold_the_same(rbench, kind):
    rows = json.loads(rbench("list", kind, "--json", without=NEVER, check=0).stdout)
    table = rbench("list", kind, check=0).stdout
    assert rows
    for row in rows:
        assert row["name"] in table


def test_encoders_say_where_they_come_from(rbench):
    rows = json.loads(rbench("list", "encoders", "--json", check=0).stdout)
    assert {"name": "gru", "from": "rbench_encoders.gru:Gru (rbench)"} in rows


def test_the_default_study_is_marked(rbench):
    rows = json.loads(rbench("list", "recipes", "--json", check=0).stdout)
    assert {row["name"] for row in rows if row["default"]} == {
        "float32",
        "float16",
        "dynamic_wi8",
        "static_wi8_ai8",
    }


def test_what_this_version_cannot_do_is_said(rbench):
    rows = json.loads(rbench("list", "recipes", "--json", check=0).stdout)
    supported = {row["name"]: row["supported"] for row in rows}
    assert supported["unrolled"]
    for row in rows:
        recipe = Recipe.parse(row["name"]) if row["name"] in SCHEMES else None
        if recipe is not None:
            assert supported[row["name"]] == (not objection(recipe, plugins.encoder("gru")))


def test_studies(rbench):
    rows = json.loads(rbench("list", "studies", "--json", check=0).stdout)
    assert [row["name"] for row in rows] == [
        "default",
        "full-matrix",
        "movielens-1m",
        "movielens-small",
    ]
    assert rows[0] == {"name": "default", "cells": "5 x 4 x 2", "data": "synthetic"}


def test_an_unknown_kind_is_wrong_usage(rbench):
    done = rbench("list", "models", check=2)
    assert "'encoders', 'recipes', 'targets', 'reports', 'studies'" in done.stderr
