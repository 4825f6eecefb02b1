"""An item table of 2 bits: a quarter of int8's, and the answers of the weights that it holds."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("ai_edge_litert", reason="reading a .tflite needs rbench[profile]")

from ai_edge_litert.interpreter import Interpreter, OpResolverType

from rbench.cells.policy import objection
from rbench.cells.recipe import Recipe
from rbench.convert import take_inventory
from rbench.convert.grid import in_halves
from rbench.convert.slimming import slim
from rbench.convert.two_bits import pack_table
from rbench.errors import Unsupported
from rbench.testing.flat import recommender
from rbench.testing.whole import after, gpu_ready, rewritten

ITEMS, WIDTH = 3_001, 16


def table_of(seed: int = 1, scale: float = 0.37):
    """A table on its grid of halves."""
    steps = np.random.default_rng(seed).integers(-2, 2, (ITEMS, WIDTH)) + 0.5
    return (steps * scale).astype(np.float32)


def numbers(small, shape):
    ends = [(small.data >> (2 * place)) & 3 for place in range(4)]
    integers = np.stack(ends, axis=1).reshape(-1)[: np.prod(shape)].astype(np.int8)
    integers[integers > 1] -= 4
    return ((integers + 0.5) * small.scales[0]).astype(np.float32).reshape(shape)


@given(st.integers(0, 2**32 - 1), st.floats(1e-3, 10.0))
def test_what_lies_on_the_grid_stays_as_it_is(seed, scale):
    on_grid = (np.random.default_rng(seed).integers(-2, 2, (20, 8)) + 0.5) * np.float32(scale)
    on_grid = on_grid.astype(np.float32)
    small = in_halves(on_grid)
    assert small.data.size == on_grid.size // 4
    np.testing.assert_allclose(numbers(small, on_grid.shape), on_grid, rtol=1e-5)


def test_normal_numbers_lose_what_four_levels_must():
    drawn = np.random.default_rng(2).normal(size=(500, 32)).astype(np.float32)
    small = in_halves(drawn)
    assert not small.exact
    assert small.scales[0] == pytest.approx(0.9957, abs=0.03)  # Max 1960
    lost = np.square(numbers(small, drawn.shape) - drawn).mean()
    assert lost == pytest.approx(0.1188, abs=0.003)


@pytest.mark.parametrize("kernels", ["BUILTIN_WITHOUT_DEFAULT_DELEGATES", "BUILTIN"])
def test_a_file_answers_as_its_weights_do(kernels):
    whole, _ = rewritten(recommender(table_of(), scheme="float32"))
    small = after(gpu_ready(after(whole, pack_table)), slim)
    found = take_inventory(small)
    assert found.constants[0].type == "INT2"
    assert found.constants[0].size_bytes == ITEMS * WIDTH // 4
    assert (found.constants[0].distinct, found.constants[0].scales) == (4, 1)
    assert found.item_table == {"shared": True, "buffers": 1}
    assert found.uncounted == {}
    contexts = np.random.default_rng(3).integers(1, ITEMS, (20, 1, 6)).astype(np.int32)
    files = [
        Interpreter(
            model_content=content, experimental_op_resolver_type=OpResolverType[kernels]
        ).get_signature_runner("recommend")
        for content in (whole, small)
    ]
    for context in contexts:
        expected, answer = (run(context=context) for run in files)
        # The vector is rounded to 8 bits; a score is a sum of 16 products with numbers below .6.
        np.testing.assert_allclose(answer["scores"], expected["scores"], atol=0.05)
        assert len(set(expected["items"][0]) & set(answer["items"][0])) >= 8


def test_rows_that_do_not_end_on_a_byte_and_two_tables_are_refused():
    odd = np.random.default_rng(4).normal(size=(400, 6)).astype(np.float32)
    one, _ = rewritten(recommender(odd, scheme="float32"))
    with pytest.raises(Unsupported, match=r"rows of 6 numbers of 2 bits .* \(LiteRT\)"):
        after(one, pack_table)
    two = recommender(table_of(), scoring=table_of(9), scheme="float32")
    with pytest.raises(Unsupported, match="share none"):
        after(two, pack_table)


@pytest.mark.parametrize("word", ["prune50", "prune80", "prune2x4", "prune2x4+qat"])
def test_pruning_is_refused_since_there_is_no_zero(word):
    plain = SimpleNamespace(recurrent=False)
    assert "no zero" in objection(Recipe.parse(f"{word}+dynamic_wi2"), plain)
