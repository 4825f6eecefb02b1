"""`rbench list`: complete, and light."""

import json

import pytest

from rbench import plugins
from rbench.cells.policy import objection
from rbench.cells.recipe import Recipe
from rbench.cells.target import words
from rbench.cli.words import recipe_words, target_words
from rbench.profile.delegates import DELEGATES
from rbench.recipes.registered import compressions, schemes

NEVER = ("tensorflow", "tf_keras", "ai_edge_litert", "pandas", "plotly")
KINDS = ("encoders", "recipes", "targets", "losses", "metrics", "reports", "studies")


def test_every_word_of_the_grammars_is_explained():
    calibrated = ["static_wi8_ai8", "static_wi8_ai16"]
    others = [name for name in schemes() if name not in calibrated]
    assert list(recipe_words()) == ["unrolled", *compressions(), *others, *calibrated]
    assert all(recipe_words().values())
    delegates = {one.name for one in DELEGATES}
    assert delegates | {f"{word}/" for word in words()} < set(target_words())


BROWSERS = ("browser", "chromium", "firefox")


def test_the_words_of_targets_stand_in_the_order_of_a_name():
    assert tuple(target_words()) == (
        *("cpu", "xnnpack", "xnnpack_cached", "gpu"),
        *(f"{word}/{one}" for word in BROWSERS for one in ("wasm", "webgpu")),
        *("@N", "litert/", "aarch64/", "benchmark_model/"),
        *(f"{word}/" for word in BROWSERS),
        "SERIAL/",
    )


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_json_and_table_hold_the_same(rbench, kind):
    rows = json.loads(rbench("list", kind, "--json", without=NEVER, check=0).stdout)
    table = rbench("list", kind, check=0).stdout
    assert rows
    for row in rows:
        assert row["name"] in table


@pytest.mark.parametrize(
    ("kind", "hint"),
    [
        ("encoders", "Your own, without installing it: --encoder path/to/file.py:Class"),
        ("recipes", "e.g. prune50+dynamic_wi8"),
        ("targets", "e.g. xnnpack@2"),
        ("reports", "Write one with: rbench report RUN"),
        ("studies", "Run one with: rbench sweep NAME; your own is a TOML file."),
    ],
)
def test_the_table_ends_with_what_to_do_with_it(rbench, kind, hint):
    said = rbench("list", kind, check=0).stdout
    assert " ".join(said.split()).endswith(hint)
    assert hint not in rbench("list", kind, "--json", check=0).stdout


def test_encoders_say_where_they_come_from(rbench):
    rows = json.loads(rbench("list", "encoders", "--json", check=0).stdout)
    said = {row["name"]: row["from"] for row in rows}
    assert said["gru"] == "rbench_encoders.gru:Gru (rbench)"


def test_metrics_say_what_is_recorded_of_them(rbench):
    rows = json.loads(rbench("list", "metrics", "--json", check=0).stdout)
    assert [(row["name"], row["recorded"]) for row in rows] == [
        ("recall", "recall@1, recall@5, recall@10, recall@20"),
        ("ndcg", "ndcg@10"),
        ("mrr", "mrr"),
    ]
    assert rows[1]["from"] == "rbench.metrics.ndcg:Ndcg (rbench)"
    assert all(row["meaning"] for row in rows)


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
        recipe = Recipe.parse(row["name"]) if row["name"] in schemes() else None
        if recipe is not None:
            assert supported[row["name"]] == (not objection(recipe, plugins.encoder("gru")))


def test_studies(rbench):
    rows = json.loads(rbench("list", "studies", "--json", check=0).stdout)
    assert [row["name"] for row in rows] == [
        "default",
        "full-matrix",
        "movielens-1m",
        "movielens-1m-grid",
        "movielens-small",
        "reference-groups",
    ]
    assert rows[0] == {"name": "default", "cells": "5 x 4 x 2", "data": "synthetic"}


def test_an_unknown_kind_is_wrong_usage(rbench):
    done = rbench("list", "models", check=2)
    assert (
        "'encoders', 'recipes', 'targets', 'losses', 'features', 'metrics', 'reports', 'studies'"
        in done.stderr
    )


def test_encoders_say_whether_they_keep_a_state(rbench):
    rows = json.loads(rbench("list", "encoders", "--json", check=0).stdout)
    said = {row["name"]: row["per tap"] for row in rows}
    assert said["gru"] == "a state of 64 numbers"
    assert said["lstm"] == said["lru"] == "a state of 128 numbers"
    assert all(said[name] for name in ("bow", "cnn", "attention", "mixer", "gated_attention"))
