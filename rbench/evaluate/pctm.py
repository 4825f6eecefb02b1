"""The count model: how much more often an item follows than its popularity says.

Pairs of items count by how close they follow, counts are damped by a logarithm, the newest items
of the history weigh most, all the older ones a little, and popularity is taken off. Nothing is
learnt by gradient; on public logs this equals trained sequence models, so it stands in every
table. Its few parameters are chosen on the validation users, from the grid below.

    E[i, j] = log(1 + C[i, j] * items / tau),  C[i, j]: sum of 1 / distance over j after i
    score(j | history) = sum over the history of weight * E[i, j] + popularity * log p(j)

Source: PCTM in "Do Sequential Recommendation Benchmarks Really Require Higher-Order Sequence
Modelling?", RecSys 2026, and its code, spotify-research/sequential-capacity-probes.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, product
from typing import NamedTuple

import numpy as np

from rbench.data.dataset import Dataset, Holdout, Ids
from rbench.data.followers import Sparse, followers
from rbench.data.ranking import Scores, rankable, ranks
from rbench.metrics.validation import validation_scores
from rbench.progress import Progress, Reporter, share_of, silent

WINDOW = 20
"""How many places later an item still counts as a follower."""
LENGTH = 200
"""Items of the history that are looked at."""
GRID: dict[str, tuple[float, ...]] = {
    "tau": (50.0, 150.0, 500.0, 1500.0, 5000.0),
    "popularity": (-0.6, -0.4, -0.2, -0.1, 0.0, 0.2),
    "recent": (4, 7, 12),
    "decay": (0.6, 0.8),
    "share": (0.8, 0.95),
}
"""What each parameter may be; the first two and the last three are chosen together."""
CELLS = 12_000_000
"""Validation scores by which a setting is judged, at most: so many users are drawn."""


class Parameters(NamedTuple):
    """What is chosen on validation. The defaults are the authors' for MovieLens-1M."""

    tau: float = 150.0
    """The larger, the closer the logarithm is to plain counts."""
    recent: float = 7
    """Newest items of the history that weigh by age."""
    decay: float = 0.6
    """Weight of these: ``decay ** age``."""
    share: float = 0.8
    """Of all weight, what the newest items have; the older ones share the rest evenly."""
    popularity: float = -0.4
    """Weight of the logarithm of an item's share of all interactions."""


class Pctm:
    """Sums what follows the items of the history.

    Args:
        parameters: chosen on the validation users unless given; the defaults where there are none.
        filtered: whether the history is taken out of the ranking.
        report: is told while parameters are chosen, which takes minutes on a busy machine.
    """

    length = LENGTH

    def __init__(
        self,
        dataset: Dataset,
        parameters: Parameters | None = None,
        *,
        filtered: bool = True,
        report: Reporter = silent,
    ) -> None:
        self.counts = followers(dataset, [1 / distance for distance in range(1, WINDOW + 1)])
        seen = np.bincount(dataset.train.values, minlength=dataset.items + 1)[1:]
        self.log_popularity = np.log(np.maximum(seen, 1) / max(seen.sum(), 1)).astype(np.float32)
        self.parameters = parameters or self._chosen(dataset, filtered, report)
        self.excess = self._excess(self.parameters.tau)

    def __call__(self, contexts: Ids) -> Scores:
        """int32 ``(n, LENGTH)`` -> float32 ``(n, items)``."""
        newest, older = history_weights(contexts, self.parameters, len(self.log_popularity))
        share = self.parameters.share
        weights = share * newest + (1 - share) * older
        scores: Scores = (weights @ self.excess).toarray().astype(np.float32)
        scores += np.float32(self.parameters.popularity) * self.log_popularity
        return scores

    def _excess(self, tau: float) -> Sparse:
        excess = self.counts.copy()
        excess.data = np.log1p(excess.data * (excess.shape[0] / tau)).astype(np.float32)
        return excess

    def _chosen(self, dataset: Dataset, filtered: bool, report: Reporter) -> Parameters:
        """The best on the validation users: how counts are damped and popularity is taken off, then
        how the history weighs, then the first two again. What was best so far wins ties.
        """
        users, best = _drawn(dataset), Parameters()
        if not len(users.targets):
            return best
        turns = 2 * (("tau", "popularity"), ("recent", "decay", "share"))
        for turn, names in enumerate(turns):
            others = product(*(GRID[name] for name in names))
            grid = [best, *(best._replace(**dict(zip(names, o, strict=True))) for o in others)]
            reached = self._reached(grid, users, filtered, share_of(report, turn, len(turns)))
            best = max(grid, key=lambda one: reached[one])
        return best

    def _reached(
        self, grid: Sequence[Parameters], users: Holdout, filtered: bool, report: Reporter
    ) -> dict[Parameters, float]:
        """NDCG@10 of each setting on some users; what settings share is computed once."""
        contexts, items = users.contexts(LENGTH), len(self.log_popularity)
        allowed = rankable(users, 0, len(contexts), items, filtered)
        reached: dict[Parameters, float] = {}
        for tau, alike in groupby(_side_by_side(grid), key=lambda one: one.tau):
            excess = self._excess(tau)
            for _, settings in groupby(alike, key=lambda one: (one.recent, one.decay)):
                given = list(settings)
                newest, older = (
                    (weights @ excess).toarray()
                    for weights in history_weights(contexts, given[0], items)
                )
                for one in given:
                    report(Progress(done=len(reached), total=len(grid), text="choosing"))
                    scores = one.share * newest + (1 - one.share) * older
                    scores += np.float32(one.popularity) * self.log_popularity
                    found = ranks(scores, users.targets, allowed)
                    reached[one] = validation_scores(found)["ndcg@10"]
        return reached


def _side_by_side(grid: Sequence[Parameters]) -> list[Parameters]:
    """Settings that share something side by side."""
    return sorted(grid, key=lambda one: (one.tau, one.recent, one.decay))


def history_weights(contexts: Ids, parameters: Parameters, items: int) -> tuple[Sparse, Sparse]:
    """What each item of a history weighs, as two matrices whose rows sum to 1 or 0: the newest by
    age, the older ones evenly.

    Args:
        contexts: int32 ``(n, length)``, oldest first, padded on the left with 0.

    Returns:
        CSR float32 ``(n, items)``, twice.
    """
    from scipy.sparse import csr_array

    ages = np.arange(contexts.shape[1])[::-1]
    by_age = np.where(ages < parameters.recent, parameters.decay**ages, 0.0)
    made = []
    for weights in (by_age, (ages >= parameters.recent).astype(float)):
        rows, places = np.nonzero((contexts > 0) & (weights > 0))
        values = weights[places]
        totals = np.bincount(rows, values, minlength=len(contexts))
        matrix = csr_array(
            ((values / totals[rows]).astype(np.float32), (rows, contexts[rows, places] - 1)),
            shape=(len(contexts), items),
        )
        made.append(matrix)
    return made[0], made[1]


def _drawn(dataset: Dataset) -> Holdout:
    """Validation users, so many that the grid stays a matter of seconds; always the same ones."""
    users = len(dataset.validation.targets)
    most = max(1, min(users, CELLS // max(1, dataset.items)))
    chosen = np.sort(np.random.default_rng(1).permutation(users)[:most])
    return dataset.validation.of(chosen)
