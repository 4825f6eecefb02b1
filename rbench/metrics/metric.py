"""The metric contract: from one user's rank or list to what that user gained, 0 to 1.

A metric is a class without arguments, registered in the entry-point group ``rbench.metrics`` under
the name of its family, e.g. ``ndcg``. In records it is called by that name and the cutoff,
``ndcg@10``; one without cutoffs by its name alone, ``mrr``. What is recorded is the mean over the
users.

Importing a metric's module must be cheap, and needs no NumPy: import it inside ``gains``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Gains = NDArray[np.float64]


class Metric:
    """Base of `RankMetric` and `ListMetric`: derive from one of these."""

    label: ClassVar[str] = ""
    """Name for people, e.g. ``NDCG``; the cutoff is put behind it. Empty: the registered name."""
    meaning: ClassVar[str] = ""
    """What it says, in one line."""
    cutoffs: ClassVar[tuple[int, ...]] = ()
    """The lengths k of the top lists that it is recorded for; empty: it has no cutoff."""


class RankMetric(Metric, ABC):
    """A metric that the rank of the user's target decides. The ranks are recorded, so that two
    files are compared user by user, by the gate and by reports too.
    """

    @abstractmethod
    def gains(self, ranks: NDArray[Any], k: int) -> Gains:
        """What each user gained.

        Args:
            ranks: int ``(users,)``, 1 is the best place; 0: the target cannot be ranked, a miss.
            k: length of the top list; 0 for a metric without cutoffs.

        Returns:
            float64 ``(users,)``, 0 to 1, larger is better. A user's gain depends on that user
            alone; a better rank never gains less, a miss gains nothing.
        """


class Lists(NamedTuple):
    """What users were shown."""

    items: NDArray[Any]
    """int32 ``(users, depth)``: item ids, best first; 0 where no more items could be ranked."""
    interactions: NDArray[Any]
    """int64 ``(catalogue + 1,)``: how often each item stands in the training split; place 0 is
    padding."""


class ListMetric(Metric, ABC):
    """A metric that the items of the user's top list decide, whatever the target."""

    @abstractmethod
    def gains(self, lists: Lists, k: int) -> Gains:
        """What each user gained.

        Args:
            lists: the top lists, at least ``k`` deep, or as deep as the catalogue.
            k: length of the top list that counts.

        Returns:
            float64 ``(users,)``, 0 to 1, larger is better.
        """
