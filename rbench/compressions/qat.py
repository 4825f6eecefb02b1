"""``qat``: quantization-aware training, on the grid of the recipe's scheme."""

from __future__ import annotations

from collections.abc import Sequence

from rbench.recipes.compression import Compression, Given, Method, left_by
from rbench.recipes.scheme import Grid, Scheme

PRESERVED = ("zeros", "clusters")
"""What of earlier compressions it can keep."""
LEAST_BITS, MOST_BITS = 2, 8
"""Of weights that it can train for."""
ACTIVATION_BITS = (0, 8)
"""Of what layers give."""
NO_ZERO = 2
"""Bits of an item table that has no zero."""


class Qat(Compression):
    """TFMOT's, see `rbench.compress.quantization`."""

    def objection(self, scheme: Scheme, earlier: Sequence[Compression]) -> str:
        grid = scheme.grid
        if grid is None:
            return (
                f"{scheme.name} names no grid that training could learn (rbench)"
                if scheme.quantized
                else "quantization-aware training needs a quantized scheme "
                "(tensorflow-model-optimization)"
            )
        if not _known(grid):
            return (
                f"quantization-aware training knows weights of {LEAST_BITS} to {MOST_BITS} bits, "
                f"item tables of 2 and activations of 8, not {grid} (rbench)"
            )
        left = left_by(earlier)
        if "clusters" in left and (grid.weights, grid.activations) != (8, 8):
            return (
                "clusters are preserved in quantization-aware training of weights and activations "
                "of 8 bits only (tensorflow-model-optimization)"
            )
        if grid.table == NO_ZERO and "zeros" in left:
            return "an item table of 2 bits has no zero: nothing would stay pruned (rbench)"
        strange = [kind for kind in left if kind not in PRESERVED]
        if strange or len(left) > 1:
            return (
                f"quantization-aware training would undo {' and '.join(strange or left)} that "
                f"{' and '.join(found.word for found in earlier)} left (rbench)"
            )
        return ""

    def method(self, given: Given) -> Method:
        from rbench.compress.quantization import Quantization

        if given.grid is None:
            raise ValueError("no grid to train for: ask objection() first")
        return Quantization(given.grid, *left_by(given.earlier))


def _known(grid: Grid) -> bool:
    weights = LEAST_BITS <= grid.weights <= MOST_BITS and grid.table in (0, NO_ZERO)
    return weights and grid.activations in ACTIVATION_BITS


QAT = Qat(
    word="qat",
    step=20,
    place=10,
    meaning="trained to expect the scheme's rounding",
    brief="trained for quantization",
    for_grid=True,
)
