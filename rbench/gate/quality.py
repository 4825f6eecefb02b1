"""Quality limits: floors of a metric, and its loss against the baseline, user by user."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from rbench.artefacts import read_ranks
from rbench.gate.against import Against, Made
from rbench.gate.amounts import percent
from rbench.gate.chance import LARGE, student_quantile
from rbench.gate.levels import Levels, Measure, Place, at_least, at_most
from rbench.gate.rules import QualityLimit
from rbench.gate.verdict import Finding
from rbench.records import Estimate, Run

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NAME = re.compile(r"(recall|ndcg)@([1-9][0-9]{0,5})|mrr")
WIDTH = 2 * 1.959964
"""Width of a record's 95 % interval in standard errors."""


def score(value: float) -> str:
    """A score for people."""
    return f"{value:.4f}"


def judge_floor(limit: QualityLimit, metric: str, made: Made, rule: str) -> Finding:
    """Hold a score to a floor, by its record's own 95 % interval."""
    place = Place(made.subject, metric, rule)
    found = _estimate(made, metric)
    if found is None:
        return place.broken(f"its record has no {metric}")
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
    new = _estimate(made, metric)
    if new is None:
        return place.broken(f"its record has no {metric}")
    old, complaint = _before(metric, made, against)
    if against is None or old is None:
        return place.unlike(complaint)
    ranks = read_ranks(run, made.quality), against.ranks(made.subject)
    for found, whose in zip(ranks, ("its", "the baseline's"), strict=True):
        if found.broken:
            return place.broken(f"{whose} ranks cannot be judged: {found.missing}")
    mine, theirs = (found.values for found in ranks)
    if mine is not None and theirs is not None and len(mine) == len(theirs):
        before, after = gains(metric, theirs), gains(metric, mine)
        if before is not None and after is not None and before.mean() > 0:
            lost = paired(before, after)
            return _loss(limit, place, old, lost, tail, "user by user")
    return _loss(limit, place, old, unpaired(old, new), tail, "by intervals, without ranks")


def _before(metric: str, made: Made, against: Against | None) -> tuple[Estimate | None, str]:
    """The baseline's score, or none and why it cannot be compared with."""
    if against is None:
        return None, "no baseline: name one with --against"
    mark = against.baseline.models.get(made.subject)
    old = mark.quality.get(metric) if mark else None
    if mark is None or old is None:
        return None, f"{metric} is not in the baseline"
    if not made.record.data or mark.data != made.record.data:
        return None, "scored on another split of the data than the baseline"
    if old.value <= 0:
        return None, f"the baseline's {metric} is 0"
    return old, ""


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


def gains(metric: str, ranks: NDArray[Any]) -> NDArray[Any] | None:
    """What every user gained, float64 (users,); None for a metric that ranks do not tell."""
    import numpy as np

    found = _NAME.fullmatch(metric)
    if found is None:
        return None
    kind, most = found.group(1), int(found.group(2) or 0)
    ranked = ranks >= 1
    floor = np.maximum(ranks, 1).astype(np.float64)
    if kind is None:
        gained: NDArray[Any] = ranked / floor
        return gained
    among = (ranked & (ranks <= most)).astype(np.float64)
    return among if kind == "recall" else among / np.log2(floor + 1)


def _estimate(made: Made, metric: str) -> Estimate | None:
    return made.quality.metrics.get(metric) if made.quality else None
