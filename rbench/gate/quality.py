"""Quality limits: floors of a metric, and its loss against the baseline, user by user."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from rbench.artefacts import read_ranks
from rbench.gate.against import Against, Made
from rbench.gate.amounts import percent
from rbench.gate.chance import LARGE, student_quantile
from rbench.gate.levels import Levels, Measure, Place, at_least, at_most
from rbench.gate.rules import QualityLimit
from rbench.gate.scores import before_of, gains, score_of
from rbench.gate.verdict import Finding
from rbench.records import Estimate, Run

if TYPE_CHECKING:
    from numpy.typing import NDArray

WIDTH = 2 * 1.959964
"""Width of a record's 95 % interval in standard errors."""


def score(value: float) -> str:
    """A score for people."""
    return f"{value:.4f}"


def judge_floor(limit: QualityLimit, metric: str, made: Made, run: Run, rule: str) -> Finding:
    """Hold a score to a floor, by its record's own 95 % interval."""
    place = Place(made.subject, metric, rule)
    found, complaint = score_of(metric, made, run)
    if found is None:
        return place.broken(complaint)
    measure = Measure(found.value, "score", score, interval=(found.low, found.high))
    return at_least(place, Levels(limit.warn, limit.min), measure)


def judge_loss(
    limit: QualityLimit,
    metric: str,
    made: Made,
    run: Run,
    against: Against | None,
    rule: str,
    tail: float,
) -> Finding:
    """Hold the share that a score lost since the baseline to a limit.

    Args:
        tail: chance that what lost just the limit fails.
    """
    place = Place(made.subject, f"{metric} loss", rule)
    new, complaint = score_of(metric, made, run)
    if new is None:
        return place.broken(complaint)
    old, complaint = before_of(metric, made, run, against)
    if against is None or old is None:
        return place.unlike(complaint)
    ranks = against.ranks(made.subject)
    if ranks.broken:
        return place.broken(f"the baseline's ranks cannot be judged: {ranks.missing}")
    mine, theirs = read_ranks(run, made.quality).values, ranks.values
    if mine is not None and theirs is not None:
        if len(mine) != len(theirs):
            return place.broken(f"ranks of {len(mine)} users, the baseline's of {len(theirs)}")
        before, after = gains(metric, theirs), gains(metric, mine)
        if before is not None and after is not None and before.mean() > 0:
            lost = paired(before, after)
            return _loss(limit, place, old, lost, tail, "user by user")
    return _loss(limit, place, old, unpaired(old, new), tail, "by intervals, without ranks")


class Lost(NamedTuple):
    """A share that was lost, and what chance may have done to it.

    The variances and the covariance are those of the two means, over the square of the old one.
    """

    share: float
    variance: float
    """Of the new mean."""
    together: float
    """Covariance of both means."""
    variance_before: float
    """Of the old mean."""
    freedom: int = LARGE
    """Of the variances."""

    @property
    def error(self) -> float:
        """The standard error of the share, to first order."""
        ratio = 1 - self.share
        spread = self.variance - 2 * ratio * self.together + ratio**2 * self.variance_before
        return math.sqrt(max(0.0, spread))

    def interval(self, tail: float) -> tuple[float, float]:
        """Where the share lies; it lies beyond either end with the chance ``tail``.

        A loss lies inside if Student's t, for the differences that it leaves between the users'
        gains, does not refuse it. For no loss this is the t-test for pairs, which two models that
        are equally good pass however skewed the gains are. Where chance may have made all of the
        old mean, anything may have been lost or won: minus infinity to 1.

        Source: Fieller, Some problems in interval estimation, 1954.
        """
        if self.error == 0:
            return self.share, self.share
        ratio = 1 - self.share
        square = student_quantile(tail, self.freedom) ** 2
        lead = 1 - square * self.variance_before
        if lead <= 0:
            return -math.inf, 1.0
        middle = ratio - square * self.together
        rest = ratio**2 - square * self.variance
        reach = math.sqrt(max(0.0, middle**2 - lead * rest))
        return 1 - (middle + reach) / lead, 1 - (middle - reach) / lead


def _loss(
    limit: QualityLimit, place: Place, old: Estimate, lost: Lost, tail: float, how: str
) -> Finding:
    measure = Measure(
        lost.share,
        "share",
        percent,
        interval=lost.interval(tail),
        about=f"of the baseline's {score(old.value)} lost ({how})",
    )
    return at_most(place, Levels(limit.warn_loss, limit.max_loss), measure)


def paired(before: NDArray[Any], after: NDArray[Any]) -> Lost:
    """The share of the mean gain that the same users lost, float64 (users,) each.

    The error is the one that a bootstrap over users, both gains of a user drawn together, comes
    to with ever more resamples; for a ratio of two means it has a closed form (the delta method),
    so nothing is drawn and the same runs always get the same verdict.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapters 5 and 22.
    """
    means = float(before.mean()), float(after.mean())
    old, new = before - means[0], after - means[1]
    scale = len(before) * means[0] ** 2

    def together(one: NDArray[Any], other: NDArray[Any]) -> float:
        return float((one * other).mean()) / scale

    return Lost(
        1 - means[1] / means[0],
        together(new, new),
        together(old, new),
        together(old, old),
        freedom_of(before, after),
    )


def freedom_of(before: NDArray[Any], after: NDArray[Any]) -> int:
    """Degrees of freedom of a pair: users that gain nothing either way say nothing of the error."""
    return max(1, int(((before > 0) | (after > 0)).sum()) - 1)


def unpaired(old: Estimate, new: Estimate) -> Lost:
    """The same from two intervals alone. What users have in common cannot be taken out, so the
    error is larger than it had to be: losses are overlooked, not invented.
    """
    errors = (((one.high - one.low) / WIDTH / old.value) ** 2 for one in (new, old))
    return Lost(1 - new.value / old.value, next(errors), 0.0, next(errors))
