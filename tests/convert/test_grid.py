"""Rounding of weights: what lies on a grid stays, the rest moves as little as it can."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbench.convert.grid import BLOCK, blocks_fit, in_blocks, rounded, whole


def drawn(seed, rows=20, numbers=64):
    return np.random.default_rng(seed).normal(0, 0.1, (rows, numbers)).astype(np.float32)


@given(
    seed=st.integers(0, 2**32 - 1),
    most=st.integers(1, 7),
    scale=st.floats(1e-4, 10),
    bits=st.sampled_from([4, 8]),
)
def test_what_lies_on_a_grid_of_4_bits_stays(seed, most, scale, bits) -> None:
    """Also where a row, or the whole of it, uses only a part of the grid."""
    random = np.random.default_rng(seed)
    on_grid = random.integers(-most, most + 1, (6, 40)) * random.uniform(0.5, 2, (6, 1)) * scale
    on_grid = on_grid.astype(np.float32)
    integers, scales = rounded(on_grid, bits)
    assert np.allclose(integers * scales[:, None], on_grid, rtol=1e-5, atol=0)
    assert whole(on_grid, bits, 6).exact


def test_what_lies_on_no_grid_is_told() -> None:
    assert not whole(drawn(1), 4, 1).exact
    assert not whole(drawn(1), 8, 20).exact


@pytest.mark.parametrize("bits", [4, 8])
def test_no_scale_loses_more_than_the_plain_one(bits) -> None:
    rows, most = drawn(2), 2 ** (bits - 1) - 1
    integers, scales = rounded(rows, bits)
    assert np.abs(integers).max() <= most
    plain = np.abs(rows).max(axis=1, keepdims=True) / most
    losses = [
        np.square(kept - rows).sum(axis=1)
        for kept in (integers * scales[:, None], np.rint(rows / plain) * plain)
    ]
    assert (losses[0] <= losses[1] * (1 + 1e-5)).all()
    if bits == 4:
        assert losses[0].mean() < 0.95 * losses[1].mean()


def test_zeros_stay_zeros() -> None:
    integers, scales = rounded(np.zeros((2, 8), np.float32), 4)
    assert not integers.any()
    assert (scales > 0).all()
    assert not in_blocks(np.zeros((2, BLOCK), np.float32)).data.any()


def test_two_integers_of_4_bits_share_a_byte_the_first_in_its_low_half() -> None:
    small = whole(np.array([[1, -2, 7]], np.float32), 4, 1)
    assert small.scales.tolist() == [1.0]
    assert small.data.tolist() == [0xE1, 0x07]


def test_blocks_have_scales_of_8_bits_precision() -> None:
    table = drawn(3)
    small = in_blocks(table)
    assert small.scales.shape == (20, 64 // BLOCK)
    assert small.scales.dtype == np.float16
    bits = small.scales.astype(np.float32).view(np.uint32)
    assert not (bits & 0xFFFF).any(), "XNNPACK would drop what is beyond a bfloat16"


def test_rows_that_are_no_whole_blocks_do_not_fit() -> None:
    assert blocks_fit(drawn(1))
    assert not blocks_fit(drawn(1, numbers=48))
    assert not blocks_fit(drawn(1).reshape(1, 20, 64))
