"""docs/recipes.md and the shipped studies say what the schemes and compressions themselves say."""

from pathlib import Path

import pytest

from rbench.cells.recipe import Recipe
from rbench.recipes.registered import compressions, schemes
from rbench.study import Study

RECIPES = Path(__file__).resolve().parents[2] / "docs" / "recipes.md"


@pytest.mark.parametrize("name", schemes())
def test_the_table_of_schemes_is_what_they_say(name):
    scheme = schemes()[name]
    row = (f"`{name}`", scheme.quantizer, scheme.weights, scheme.arithmetic)
    assert f"| {' | '.join(row)} |" in RECIPES.read_text("utf-8").splitlines()


def test_every_compression_is_explained():
    text = RECIPES.read_text("utf-8")
    assert all(f"`{word}`" in text for word in compressions())


def test_the_full_matrix_has_every_word():
    recipes = [Recipe.parse(name) for name in Study.read("full-matrix").recipes]
    assert {recipe.scheme.name for recipe in recipes} == set(schemes())
    assert {found.word for recipe in recipes for found in recipe.compressions} == set(
        compressions()
    )
