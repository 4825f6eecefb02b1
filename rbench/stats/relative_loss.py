"""The paired comparison: which share of a mean was lost, user by user, and its interval."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from rbench.records import Estimate
from rbench.stats.students_t import LARGE, students_t_quantile

if TYPE_CHECKING:
    from numpy.typing import NDArray

WIDTH = 2 * 1.959964
"""Width of a record's 95 % interval in standard errors."""


class RelativeLoss(NamedTuple):
    """The share of a mean that was lost, with what its interval is made of.

    The variances and the covariance are those of the two means, over the square of the old one.
    """

    share: float
    """``1 - new mean / old mean``; below 0 for a gain."""
    variance: float
    """Of the new mean."""
    covariance: float
    """Of both means."""
    variance_before: float
    """Of the old mean."""
    degrees_of_freedom: int = LARGE
    """Of the variances."""

    @property
    def standard_error(self) -> float:
        """The standard error of the share, to first order (the delta method)."""
        ratio = 1 - self.share
        spread = self.variance - 2 * ratio * self.covariance + ratio**2 * self.variance_before
        return math.sqrt(max(0.0, spread))

    def interval(self, alpha: float) -> tuple[float, float]:
        """Where the share lies; it lies beyond either end with the probability ``alpha``.

        A loss lies inside if Student's t, for the differences that it leaves between the users'
        gains, does not refuse it. For no loss this is the t-test for pairs, which two models that
        are equally good pass however skewed the gains are. Where chance may have made all of the
        old mean, anything may have been lost or won: minus infinity to 1.

        Source: Fieller, Some problems in interval estimation, 1954.
        """
        if self.standard_error == 0:
            return self.share, self.share
        ratio = 1 - self.share
        square = students_t_quantile(alpha, self.degrees_of_freedom) ** 2
        lead = 1 - square * self.variance_before
        if lead <= 0:
            return -math.inf, 1.0
        middle = ratio - square * self.covariance
        rest = ratio**2 - square * self.variance
        reach = math.sqrt(max(0.0, middle**2 - lead * rest))
        return 1 - (middle + reach) / lead, 1 - (middle - reach) / lead


def paired_loss(before: NDArray[Any], after: NDArray[Any]) -> RelativeLoss:
    """The share of the mean gain that the same users lost.

    The standard error is the one that a bootstrap over users, both gains of a user drawn together,
    comes to with ever more resamples; for a ratio of two means it has a closed form (the delta
    method), so nothing is drawn and the same gains always get the same verdict.

    Args:
        before: what each user gained, float64 (users,), its mean above 0.
        after: what the same users gained by the other model.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapters 5 and 22.
    """
    means = float(before.mean()), float(after.mean())
    old, new = before - means[0], after - means[1]
    scale = len(before) * means[0] ** 2

    def covariance(one: NDArray[Any], other: NDArray[Any]) -> float:
        return float((one * other).mean()) / scale

    return RelativeLoss(
        1 - means[1] / means[0],
        covariance(new, new),
        covariance(old, new),
        covariance(old, old),
        degrees_of_freedom(before, after),
    )


def degrees_of_freedom(before: NDArray[Any], after: NDArray[Any]) -> int:
    """Of a pair: users that gain nothing either way say nothing of the error."""
    return max(1, int(((before > 0) | (after > 0)).sum()) - 1)


def unpaired_loss(before: Estimate, after: Estimate) -> RelativeLoss:
    """The same from two intervals alone. What users have in common cannot be taken out, so the
    error is larger than it had to be: losses are overlooked, not invented.
    """
    errors = (((one.high - one.low) / WIDTH / before.value) ** 2 for one in (after, before))
    return RelativeLoss(1 - after.value / before.value, next(errors), 0.0, next(errors))
