"""Quality limits: floors of a metric, and its loss against the baseline, user by user."""

from __future__ import annotations

from rbench.gate.against import Against, Made
from rbench.gate.amounts import percent
from rbench.gate.levels import Levels, Measure, Subject, at_least, at_most
from rbench.gate.rules import QualityLimit
from rbench.gate.scores import before_of, score_of
from rbench.gate.verdict import Finding
from rbench.metrics.found import gains
from rbench.records import Estimate, Run
from rbench.records.artefacts import read_ranks
from rbench.stats import RelativeLoss, paired_loss, unpaired_loss


def score(value: float) -> str:
    """A score for people."""
    return f"{value:.4f}"


def judge_floor(limit: QualityLimit, metric: str, made: Made, run: Run, rule: str) -> Finding:
    """Hold a score to a floor, by its record's own 95 % interval."""
    place = Subject(made.subject, metric, rule)
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
    alpha: float,
) -> Finding:
    """Hold the share that a score lost since the baseline to a limit.

    Args:
        alpha: significance level, at which what lost just the limit fails.
    """
    place = Subject(made.subject, f"{metric} loss", rule)
    new, complaint = score_of(metric, made, run)
    if new is None:
        return place.broken(complaint)
    old, complaint = before_of(metric, made, run, against)
    if against is None or old is None:
        return place.unlike(complaint)
    own, ranks = read_ranks(run, made.quality), against.ranks(made.subject)
    recorded = all(one.gone or one.values is not None for one in (own, ranks))
    for whose, one in (("the baseline's", ranks), ("its", own)):
        if one.broken or (recorded and one.gone):
            return place.broken(f"{whose} ranks cannot be judged: {one.missing}")
    mine, theirs = own.values, ranks.values
    if mine is not None and theirs is not None:
        if len(mine) != len(theirs):
            return place.broken(f"ranks of {len(mine)} users, the baseline's of {len(theirs)}")
        before, after = gains(metric, theirs), gains(metric, mine)
        if before is not None and after is not None and before.mean() > 0:
            lost = paired_loss(before, after)
            return _loss(limit, place, old, lost, alpha, "user by user")
    return _loss(limit, place, old, unpaired_loss(old, new), alpha, "by intervals, without ranks")


def _loss(
    limit: QualityLimit, place: Subject, old: Estimate, lost: RelativeLoss, alpha: float, how: str
) -> Finding:
    measure = Measure(
        lost.share,
        "share",
        percent,
        interval=lost.interval(alpha),
        about=f"of the baseline's {score(old.value)} lost ({how})",
    )
    return at_most(place, Levels(limit.warn_loss, limit.max_loss), measure)
