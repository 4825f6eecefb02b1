"""Symmetric integers for weights: the scale of each row that loses least.

A scale is sought among ``largest / k``. With k of 1 to 7, weights that already lie on a 4-bit grid,
as training for few bits leaves them, come out as they went in, also where a row does not use the
whole grid. With k above the type's largest integer the largest weights are clipped, so that the
many small ones are rounded less: at 4 bits that is most of what a good scale can win.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CLIPPED = np.linspace(1.0, 3.0, 41)[1:]
"""Parts, relative to the largest number, by which the range is cut: up to a third of it stays."""

BLOCK = 32
"""Numbers that share a scale; XNNPACK's 4-bit blocks come in multiples of it."""
ON_GRID = 1e-5
"""Largest distance of a weight from its grid, in steps: float32's own rounding, and no more."""

Int8 = NDArray[np.int8]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Small:
    """Weights as they go into the file."""

    data: NDArray[np.uint8]
    bits: int
    """8, 4 or 2."""
    scales: NDArray[np.float32] | NDArray[np.float16]
    """float32 ``(1,)`` or ``(rows,)``; float16 ``(rows, blocks of a row)``."""
    block: int
    """Numbers of a row that share a scale; 0: the scales are those of rows, or of all."""
    exact: bool
    """No weight moved."""


def whole(numbers: Floats, bits: int, rows: int) -> Small:
    """One scale for each of ``rows`` equal parts of the weights; 1 for all of them."""
    parts = numbers.reshape(rows, -1)
    integers, scales = rounded(parts, bits)
    apart = np.abs(parts / scales[:, None] - integers).max()
    return Small(packed(integers, bits), bits, scales, 0, bool(apart <= ON_GRID * 2**bits))


def blocks_fit(numbers: Floats) -> bool:
    """Whether rows are whole blocks."""
    return numbers.ndim == 2 and numbers.shape[1] % BLOCK == 0


def in_blocks(numbers: Floats) -> Small:
    """4 bits, and a scale for every `BLOCK` numbers of a row: 2 bytes, and no zero points.

    Kernels differ in how they hold such a scale: XNNPACK keeps 8 bits of it, so that is what goes
    into the file.
    """
    parts = numbers.reshape(-1, BLOCK)
    _, scales = rounded(parts, 4)
    kept = np.maximum(_bfloat16(scales), TINIEST)
    integers = _integers(parts, kept, 7)
    shape = numbers.shape[0], numbers.shape[1] // BLOCK
    return Small(packed(integers, 4), 4, kept.astype(np.float16).reshape(shape), BLOCK, False)


def in_halves(numbers: Floats) -> Small:
    """2 bits and one scale: an integer q of -2 to 1 stands for q + 1/2 steps.

    Numbers that lie on such a grid, as training for it leaves them, come out as they went in. Of
    others the scale is the one of least squared error.
    """
    finest = 2.0 * float(np.abs(numbers).min())
    if finest > 0 and _halves_off(numbers, finest) <= ON_GRID * finest:
        return _of_halves(numbers, finest, exact=True)
    spread = float(numbers.std()) or 1.0
    tried = [spread * share for share in HALVES]
    return _of_halves(numbers, min(tried, key=lambda s: _halves_lost(numbers, s)), exact=False)


HALVES = np.linspace(0.5, 2.0, 61)
"""Scales that are tried at 2 bits, relative to the standard deviation."""


def _of_halves(numbers: Floats, scale: float, exact: bool) -> Small:
    integers = _half_steps(numbers, scale)
    return Small(packed(integers, 2), 2, np.array([scale], np.float32), 0, exact)


def _half_steps(numbers: Floats, scale: float) -> Int8:
    integers: Int8 = np.clip(np.floor(numbers / np.float32(scale)), -2, 1).astype(np.int8)
    return integers


def _halves_off(numbers: Floats, scale: float) -> float:
    return float(np.abs((_half_steps(numbers, scale) + 0.5) * scale - numbers).max())


def _halves_lost(numbers: Floats, scale: float) -> float:
    apart = (_half_steps(numbers, scale) + np.float32(0.5)) * np.float32(scale) - numbers
    return float(np.square(apart, dtype=np.float64).sum())


TINIEST = np.float32(2.0**-14)
"""The smallest float16 of full precision."""


def _bfloat16(numbers: Floats) -> Floats:
    """Rounded to 8 bits, half to even."""
    bits = numbers.view(np.uint32)
    near = (bits + 0x7FFF + ((bits >> 16) & 1)) & np.uint32(0xFFFF0000)
    return near.astype(np.uint32).view(np.float32)


def packed(integers: Int8, bits: int) -> NDArray[np.uint8]:
    """Bytes of the file; two integers of 4 bits in each, or four of 2, the first in its low end."""
    flat: NDArray[np.uint8] = integers.reshape(-1).view(np.uint8)
    in_one = 8 // bits
    full = np.append(flat & np.uint8(2**bits - 1), np.zeros(-flat.size % in_one, np.uint8))
    made = full[::in_one].copy()
    for place in range(1, in_one):
        made |= full[place::in_one] << np.uint8(bits * place)
    return made


def rounded(rows: Floats, bits: int) -> tuple[Int8, Floats]:
    """Rows of weights as integers, each row with the scale of least squared error.

    Args:
        rows: float32 ``(rows, numbers)``.
        bits: 4 (integers of -7 to 7) or 8 (-127 to 127).

    Returns:
        int8 ``(rows, numbers)`` and scales, float32 ``(rows,)``, all above 0.
    """
    most = 2 ** (bits - 1) - 1
    largest = np.abs(rows).max(axis=1).astype(np.float64)
    largest[largest == 0] = 1.0
    best = (largest / most).astype(np.float32)
    least = _loss(rows, best, most)
    for divisor in _divisors(most):
        scales = (largest / divisor).astype(np.float32)
        loss = _loss(rows, scales, most)
        better = loss < least
        best[better], least[better] = scales[better], loss[better]
    return _integers(rows, best, most), best


def _divisors(most: int) -> Iterator[float]:
    yield from range(1, 8)
    yield from most * CLIPPED


def _integers(rows: Floats, scales: Floats, most: int) -> Int8:
    integers: Int8 = np.clip(np.rint(rows / scales[:, None]), -most, most).astype(np.int8)
    return integers


def _loss(rows: Floats, scales: Floats, most: int) -> NDArray[np.float64]:
    apart = _integers(rows, scales, most) * scales[:, None] - rows
    loss: NDArray[np.float64] = np.square(apart, dtype=np.float64).sum(axis=1)
    return loss
