"""The grammar of recipes: parsing and printing are inverse, and wrong names are explained."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbench.cells.recipe import Recipe, grammar
from rbench.errors import RecipeError
from rbench.recipes.registered import compressions, schemes

STEPS = [("prune50", "prune80", "prune2x4", "cluster16"), ("qat",)]
"""Words of which a recipe has one at most, step by step."""
recipes = st.builds(
    Recipe,
    scheme=st.sampled_from(list(schemes().values())),
    compressions=st.tuples(*(st.sampled_from((None, *words)) for words in STEPS)).map(
        lambda words: tuple(compressions()[word] for word in words if word)
    ),
    unrolled=st.booleans(),
)
WORDS = ("unrolled", "", "float64", *compressions(), *schemes())


def test_the_grammar_is_made_of_the_words():
    said = "[unrolled+][prune50+|prune80+|prune2x4+|cluster16+][qat+]SCHEME"
    assert grammar() == said
    with pytest.raises(RecipeError) as caught:
        Recipe.parse("int8")
    assert caught.value.remedy == f"write {said}"
    assert caught.value.allowed.split(", ") == sorted(schemes())


@given(recipes)
def test_printing_then_parsing_gives_the_recipe_back(recipe):
    assert Recipe.parse(str(recipe)) == recipe


@pytest.mark.slow
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
        ("qat+weight_only_wi4", "qat:wi4"),
        ("qat+dynamic_wi8", "qat:wi8"),
        ("qat+weight_only_wi8", "qat:wi8"),
        ("cluster16+dynamic_wi8", "cluster16"),
    ],
)
def test_recipes_of_equal_compression_share_a_fine_tuning(name, compression):
    assert Recipe.parse(name).compression == compression


def test_recipes_share_a_fine_tuning_only_where_it_is_made_for_the_same():
    """4 bits in blocks are another grid than 4 bits with one scale."""
    made: dict[str, set[tuple[object, ...]]] = {}
    for words in ((), ("prune50",), ("qat",), ("prune80", "qat"), ("cluster16", "qat")):
        for scheme in schemes():
            recipe = Recipe.parse("+".join([*words, scheme]))
            said = tuple((found.word, given.grid) for found, given in recipe.fine_tunings())
            made.setdefault(recipe.compression, set()).add(said)
    assert all(len(found) == 1 for found in made.values()), made


def test_a_method_gets_what_was_done_before_it():
    recipe = Recipe.parse("prune80+qat+static_wi8_ai8")
    (pruning, first), (qat, second) = recipe.fine_tunings()
    assert (pruning.word, first.grid, first.earlier) == ("prune80", None, ())
    assert (qat.word, second.grid, second.earlier) == ("qat", recipe.scheme.grid, (pruning,))
