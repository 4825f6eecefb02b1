"""What the signature `tap` says, beside what `recommend` says about the whole context.

Up to a context's length both know the same, and have to agree. Beyond, `recommend` forgets the
oldest items and the state does not: the one is not the other's approximation, so users with such
histories are scored by both.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rbench.data.dataset import Dataset, Holdout, Ids
from rbench.data.ranking import Scores, rankable, ranks
from rbench.errors import StageError
from rbench.evaluate.file_scorer import FileScorer
from rbench.evaluate.parity import TOP, overlap
from rbench.evaluate.settings import EvaluateSettings
from rbench.evaluate.tap_scorer import TapScorer
from rbench.metrics.found import gains
from rbench.progress import Progress, Reporter
from rbench.records import TapQuality
from rbench.records.history import history
from rbench.stats import bootstrap_means, percentile_interval

NDCG = "ndcg@10"
BATCH = 100
"""Sequences whose scores are held at once."""


def measure_taps(
    scorer: FileScorer,
    model: Path,
    dataset: Dataset,
    settings: EvaluateSettings,
    report: Reporter,
) -> TapQuality:
    """Ask a file both ways.

    Args:
        scorer: of the file's `recommend`.
        model: the file.

    Raises:
        StageError: a score is not a number.
    """
    tap, length, test = TapScorer(model), scorer.length, dataset.test
    most = settings.tap_users
    contexts = test.contexts(length)[:most]
    apart, spread, agreed = 0.0, 0.0, 0.0
    for start in range(0, len(contexts), BATCH):
        part = contexts[start : start + BATCH]
        wanted, found = scorer(part), np.stack([tap(known(one)) for one in part])
        if not np.isfinite(found).all():
            raise StageError("a tap gives scores that are no numbers", where=str(model))
        apart = max(apart, float(np.abs(found - wanted).max()))
        spread += float(wanted.std()) * len(part)
        agreed += overlap(wanted, found, TOP) * len(part)
        report(Progress(done=start + len(part), total=len(contexts), text="sequences tapped"))
    longer = test.of(_longer(test, length)[:most])
    return TapQuality(
        contexts=len(contexts),
        max_score_difference=apart,
        score_spread=spread / len(contexts),
        top10_overlap=agreed / len(contexts),
        longer=len(longer.targets),
        ndcg=_beyond(scorer, tap, longer, dataset, settings, report),
    )


def known(history: Ids) -> list[int]:
    """The items of a history that training saw, oldest first."""
    return [int(item) for item in history if item > 0]


def _longer(test: Holdout, length: int) -> NDArray[np.int64]:
    sizes = [len(known(test.histories[place])) for place in range(len(test.targets))]
    return np.flatnonzero(np.array(sizes, np.int64) > length)


def _beyond(
    scorer: FileScorer,
    tap: TapScorer,
    users: Holdout,
    dataset: Dataset,
    settings: EvaluateSettings,
    report: Reporter,
) -> dict[str, float]:
    """NDCG@10 of the users whose history is longer than a context, both ways."""
    count = len(users.targets)
    if not count:
        return {}
    filtered = history(settings.filter_history, dataset.summary).filtered
    contexts = users.contexts(scorer.length)
    found = np.zeros((2, count), np.int32)
    for user in range(count):
        allowed = rankable(users, user, user + 1, dataset.items, filtered)
        both: list[Scores] = [
            scorer(contexts[user : user + 1])[0],
            tap(known(users.histories[user])),
        ]
        for way, scores in enumerate(both):
            target = users.targets[user : user + 1]
            found[way, user] = ranks(scores[None], target, allowed)[0]
        report(Progress(done=user + 1, total=count, text="long histories tapped"))
    whole, tapped = (gains(NDCG, each) for each in found)
    if whole is None or tapped is None:
        return {}
    drawn = bootstrap_means(
        (tapped - whole)[:, None], np.ones(count, np.int64), settings.bootstrap, settings.seed
    )
    low, high = percentile_interval(drawn)
    return {
        "recommend": float(whole.mean()),
        "tap": float(tapped.mean()),
        "low": float(low[0]),
        "high": float(high[0]),
    }
