"""Grids of few bits, as training and as the packer of files know them."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

if not find_spec("tensorflow"):  # importing it takes seconds
    pytest.skip("training needs rbench[sweep]", allow_module_level=True)

from rbench.convert import grid

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def few_bits():
    from rbench.compress import few_bits

    return few_bits


def test_the_packer_finds_the_very_grid_that_was_learnt(few_bits) -> None:
    assert grid.BLOCK == few_bits.BLOCK
    random = np.random.default_rng(3)
    weight = random.normal(size=(50, 64)).astype(np.float32) * random.uniform(0.01, 2, (50, 1))
    weight = weight.astype(np.float32)
    learnt = np.array(few_bits.in_blocks(weight, 4, few_bits.BLOCK))
    assert 0 < np.abs(learnt - weight).max() < 0.6 * np.abs(weight).max() / 7
    small = grid.in_blocks(learnt)
    low, high = (small.data << 4).view(np.int8) >> 4, small.data.view(np.int8) >> 4
    integers = np.stack([low, high], axis=1).reshape(-1, grid.BLOCK)
    packed = integers * small.scales.astype(np.float32).reshape(-1, 1)
    assert np.array_equal(packed.reshape(weight.shape), learnt)


def test_the_packer_finds_the_very_halves_that_were_learnt(few_bits) -> None:
    weight = np.random.default_rng(6).normal(size=(50, 64), scale=0.1).astype(np.float32)
    learnt = np.array(few_bits.in_halves(weight))
    assert len(np.unique(learnt)) == 4
    assert np.square(learnt - weight).mean() == pytest.approx(0.1188 * weight.var(), rel=0.05)
    small = grid.in_halves(learnt)
    assert small.exact
    assert small.scales[0] == pytest.approx(weight.std(), rel=1e-5)


def test_a_grid_stays_itself(few_bits) -> None:
    weight = np.random.default_rng(4).normal(size=(8, 64)).astype(np.float32)
    once = np.array(few_bits.in_blocks(weight, 4, few_bits.BLOCK))
    assert np.array_equal(np.array(few_bits.in_blocks(once, 4, few_bits.BLOCK)), once)


def test_a_range_cuts_off_what_is_alone(few_bits) -> None:
    weight = np.random.default_rng(5).normal(size=2000).astype(np.float32)
    weight[0] = 20.0
    assert few_bits.best_limit(weight, 4) < 8
    even = np.linspace(-7, 7, 15).astype(np.float32)
    assert few_bits.best_limit(even, 4) == 7
