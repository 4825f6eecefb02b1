"""Differences of files: sizes to the byte, scores user by user."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from rbench.compare.comparability import scored_alike
from rbench.compare.comparison import Change, Difference, Unit
from rbench.gate.scores import NOTHING, is_score
from rbench.metrics.found import HEADLINE, gains
from rbench.records import Estimate, Record, Run
from rbench.records.artefacts import Ranks, read_ranks
from rbench.stats import (
    RelativeLoss,
    minimum_detectable_loss,
    paired_loss,
    significant,
    unpaired_loss,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

Uncertain = Callable[[float], Difference]
"""Significance level, on each side -> the difference."""

SLIGHT = 0.001
"""Share of a compressed size that is no change to anybody: weights that were trained anew do not
compress to the byte."""


class Pair:
    """One file, or one cell, in both runs."""

    def __init__(self, before: Record, after: Record, target: str = "") -> None:
        self.before = before
        self.after = after
        self.target = target

    def says(
        self,
        metric: str,
        unit: Unit,
        verdict: Change,
        numbers: Sequence[float | None] = (None, None),
        interval: tuple[float | None, float | None] = (None, None),
        reason: str = "",
        change: float | None = None,
        visible: float | None = None,
    ) -> Difference:
        """A difference of this pair; the change is that of the two numbers if none is given, and
        none where nothing may be said of it.
        """
        before, after = numbers
        if verdict == "not comparable":
            change = None
        elif change is None and before is not None and after is not None and before > 0:
            change = after / before - 1
        return Difference(
            encoder=self.after.cell.encoder,
            recipe=self.after.cell.recipe,
            target=self.target,
            metric=metric,
            unit=unit,
            before=before,
            after=after,
            change=change,
            low=interval[0],
            high=interval[1],
            visible=visible,
            verdict=verdict,
            reason=reason,
        )

    def unlike(
        self,
        metric: str,
        unit: Unit,
        reason: str,
        numbers: Sequence[float | None] = (None, None),
    ) -> Difference:
        """One that cannot be compared."""
        return self.says(metric, unit, "not comparable", numbers, reason=reason)


def sizes(pair: Pair) -> Iterator[Difference]:
    """Raw and compressed size: exact, so that any difference is one."""
    old, new = pair.before.model, pair.after.model
    for metric, field in (("size", "size_bytes"), ("gzip", "gzip_bytes")):
        numbers = [getattr(model, field) if model else None for model in (old, new)]
        if old is None or new is None:
            missing = without(pair, "no model file", old is not None, new is not None)
            yield pair.unlike(metric, "bytes", missing, numbers)
        else:
            sizes_of = getattr(old, field), getattr(new, field)
            slight = metric == "gzip" and abs(sizes_of[1] - sizes_of[0]) < SLIGHT * sizes_of[0]
            verdict = "unchanged" if slight else exact(*sizes_of)
            reason = f"by less than {SLIGHT:.1%}" if slight else "to the byte"
            yield pair.says(metric, "bytes", verdict, numbers, reason=reason)


def exact(before: float, after: float, better: int = -1) -> Change:
    """The verdict on numbers that chance has no part in; ``better``: the sign of a gain."""
    if before == after:
        return "unchanged"
    return "better" if (after - before) * better > 0 else "worse"


def scores(pair: Pair, before: Run, after: Run) -> Iterator[Difference | Uncertain]:
    """Every metric, by the ranks of the same users, or by intervals where ranks are missing."""
    old, new = pair.before.quality, pair.after.quality
    named = [name for name in HEADLINE if any(one and name in one.metrics for one in (old, new))]
    for metric in named or HEADLINE[:1]:
        found = [one.metrics.get(metric) if one else None for one in (old, new)]
        numbers = [one.value if one else None for one in found]
        missing = without(pair, f"no {metric}", *(one is not None for one in found))
        complaint = missing or scored_alike(pair.before, pair.after)
        if not complaint and old and new and old.users != new.users:
            complaint = f"scored on {old.users:,} users, then on {new.users:,}"
        complaint = complaint or _no_score(found)
        if complaint or found[0] is None or found[1] is None:
            yield pair.unlike(metric, "score", complaint, numbers)
        else:
            ranks = read_ranks(before, old), read_ranks(after, new)
            complaint = _broken(ranks)
            if complaint:
                yield pair.unlike(metric, "score", complaint, numbers)
            else:
                both = ranks[0].values, ranks[1].values
                yield partial(_score, pair, metric, (found[0], found[1]), both)


def _broken(ranks: tuple[Ranks, Ranks]) -> str:
    """Why the scores are not to be believed: something else lies where their ranks should."""
    found = [
        f"in {name}: {one.missing}" for name, one in zip("AB", ranks, strict=True) if one.broken
    ]
    return "; ".join(found)


def _no_score(found: Sequence[Estimate | None]) -> str:
    known = [one for one in found if one]
    if not all(map(is_score, known)):
        return "a score or its interval that does not lie between 0 and 1"
    if known and known[0].value < NOTHING:
        return "it was 0 before: there is nothing to measure a change by"
    return ""


def _score(
    pair: Pair,
    metric: str,
    found: tuple[Estimate, Estimate],
    ranks: tuple[NDArray[Any] | None, NDArray[Any] | None],
    alpha: float,
) -> Difference:
    lost, how, visible = _lost(metric, found, ranks, alpha)
    least, most = lost.interval(alpha)
    verdict = verdict_of((least, most))
    interval = (0.0 - most, None if math.isinf(least) else 0.0 - least)
    values = [one.value for one in found]
    return pair.says(metric, "score", verdict, values, interval, how, visible=visible)


def _lost(
    metric: str,
    found: tuple[Estimate, Estimate],
    ranks: tuple[NDArray[Any] | None, NDArray[Any] | None],
    alpha: float,
) -> tuple[RelativeLoss, str, float | None]:
    """The loss, what it stands on, and the smallest one that would have been seen."""
    old, new = ranks
    if old is not None and new is not None and len(old) == len(new):
        before, after = gains(metric, old), gains(metric, new)
        if before is not None and after is not None and before.mean() > 0:
            how = f"{len(old):,} users, each held to itself"
            return paired_loss(before, after), how, minimum_detectable_loss(before, after, alpha)
    return unpaired_loss(*found), "by the two intervals: ranks of the users are missing", None


def verdict_of(interval: tuple[float, float], null: float = 0.0) -> Change:
    """The verdict on a number of which less is better, by where it lies."""
    verdicts: dict[str, Change] = {"above": "worse", "below": "better", "": "unchanged"}
    return verdicts[significant(interval, null)]


def without(pair: Pair, what: str, before: bool, after: bool) -> str:
    """Why a number is missing in one run or both; empty where both have it."""
    if before and after:
        return ""
    said = [
        f"{name}: {_why(record) or what}"
        for name, record, there in (("A", pair.before, before), ("B", pair.after, after))
        if not there
    ]
    return f"in {'; in '.join(said)}"


def _why(record: Record) -> str:
    if record.state == "ok":
        return ""
    return f"{record.state}: {record.reason or 'no reason was recorded'}"
