"""The grammar of recipes: parsing and printing are inverse, and wrong names are explained."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbench.cells.recipe import PRUNINGS, SCHEMES, Recipe
from rbench.errors import RecipeError

recipes = st.builds(
    Recipe,
    scheme=st.sampled_from(SCHEMES),
    pruning=st.sampled_from(("", *PRUNINGS)),
    qat=st.booleans(),
    unrolled=st.booleans(),
)
WORDS = ("unrolled", "qat", "", "float64", *PRUNINGS, *SCHEMES)


@given(recipes)
def test_printing_then_parsing_gives_the_recipe_back(recipe):
    assert Recipe.parse(str(recipe)) == recipe


@given(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map("+".join) | st.text(max_size=30)
)
def test_a_name_is_refused_or_is_what_is_printed_again(name):
    with contextlib.suppress(RecipeError):
        assert str(Recipe.parse(name)) == name


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("int8", "does not end in a scheme"),
        ("", "does not end in a scheme"),
        ("float32+", "does not end in a scheme"),
        ("qat+prune50+float32", "'prune50' where it does not belong"),
        ("prune50+prune80+float32", "'prune80' where it does not belong"),
        ("qat+qat+dynamic_wi8", "'qat' where it does not belong"),
        ("prune50+unrolled+float32", "'unrolled' where it does not belong"),
        ("float16+float32", "'float16' where it does not belong"),
    ],
)
def test_wrong_names_are_explained(name, cause):
    with pytest.raises(RecipeError, match="recipe") as caught:
        Recipe.parse(name)
    assert cause in str(caught.value)
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("name", "compression"),
    [
        ("float32", ""),
        ("unrolled+dynamic_wi8", ""),
        ("prune50+float16", "prune50"),
        ("qat+static_wi8_ai8", "qat:wi8_ai8"),
        ("prune2x4+qat+dynamic_wi4", "prune2x4+qat:wi4"),
        ("cluster16+dynamic_wi8", "cluster16"),
    ],
)
def test_recipes_of_equal_compression_share_a_fine_tuning(name, compression):
    assert Recipe.parse(name).compression == compression
