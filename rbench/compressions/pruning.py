"""``prune50``, ``prune80``, ``prune2x4``: small weights become zero."""

from __future__ import annotations

from dataclasses import dataclass

from rbench.recipes.compression import Compression, Given, Method

STEP = 10


@dataclass(frozen=True, kw_only=True, eq=False)
class Prune(Compression):
    """Magnitude pruning, see `rbench.compress.pruning`."""

    sparsity: float = 0.0
    """Share of zeros; 0: two in every four neighbours."""

    def method(self, given: Given) -> Method:
        from rbench.compress.pruning import Pruning

        return Pruning(self.sparsity)


PRUNE50 = Prune(
    word="prune50",
    step=STEP,
    place=10,
    meaning="half of the weights of each layer pruned to zero",
    brief="half the weights pruned",
    leaves="zeros",
    stored_in_full=True,
    sparsity=0.5,
)
PRUNE80 = Prune(
    word="prune80",
    step=STEP,
    place=20,
    meaning="80 % of the weights of each layer pruned to zero",
    brief="80 % of the weights pruned",
    leaves="zeros",
    stored_in_full=True,
    sparsity=0.8,
)
PRUNE2X4 = Prune(
    word="prune2x4",
    step=STEP,
    place=30,
    meaning="two zeros in each group of four weights",
    brief="pruned 2 of 4",
    leaves="zeros",
    stored_in_full=True,
)
