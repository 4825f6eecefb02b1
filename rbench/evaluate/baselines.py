"""What has to be beaten: rows that need no training, on the same split, users and rule."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec

from rbench.data.dataset import Dataset, Ids
from rbench.data.ranking import Scores
from rbench.evaluate.item_knn import ItemKnn
from rbench.evaluate.markov import Markov
from rbench.evaluate.pctm import Pctm
from rbench.evaluate.popularity import Popularity
from rbench.evaluate.quality import quality
from rbench.evaluate.scoring import score_users
from rbench.evaluate.settings import EvaluateSettings
from rbench.metrics.validation import validation_scores
from rbench.progress import Progress, Reporter, share_of
from rbench.records import Quality
from rbench.records.history import history


class Baseline(Protocol):
    """A scorer that is counted rather than trained, from the training sequences alone."""

    length: int
    """Items of the context that it looks at."""

    def __call__(self, contexts: Ids) -> Scores:
        """Contexts int32 ``(n, length)`` -> scores float32 ``(n, items)``."""


BASELINES: dict[str, Callable[[Dataset, bool, Reporter], Baseline]] = {
    "popularity": lambda dataset, *_: Popularity(dataset),
    "item-knn": lambda dataset, *_: ItemKnn(dataset),
    "markov": lambda dataset, *_: Markov(dataset),
    "pctm": lambda dataset, filtered, report: Pctm(dataset, filtered=filtered, report=report),
}
"""Name in tables and records -> what counts it, given whether the history is filtered, and who is
told meanwhile: silence would be taken for a process that hangs."""


def baselines(
    settings: EvaluateSettings, dataset: Dataset, folder: Path, report: Reporter
) -> dict[str, Quality]:
    """Score the baselines on the test users, ranked as the encoders' files are.

    Args:
        folder: gets ``NAME.npz`` with int32 ``ranks`` (users,) for each of them.

    Returns:
        Name of the baseline -> its quality; no parity, as there is no file.

    Raises:
        StageError: the split has no test users.
        OutputError: the folder cannot be written.
    """
    filtered = history(settings.filter_history, dataset.summary).filtered
    scored = {}
    for number, (name, make) in enumerate(BASELINES.items()):
        counted, tested, validated = (
            share_of(_named(report, name), number + third / 3, len(BASELINES), 1 / 3)
            for third in range(3)
        )
        counted(Progress(done=0, total=1))
        baseline = make(dataset, filtered, counted)
        contexts = dataset.test.contexts(baseline.length)
        outcome = score_users(baseline, contexts, dataset, settings, tested)
        found = quality(outcome, settings, folder / f"{name}.npz")
        scored[name] = msgspec.structs.replace(
            found,
            validation=_validation(baseline, dataset, settings, validated),
            settings=baseline.parameters._asdict() if isinstance(baseline, Pctm) else {},
        )
    return scored


def _validation(
    baseline: Baseline, dataset: Dataset, settings: EvaluateSettings, report: Reporter
) -> dict[str, float]:
    """What `rbench.records.Quality.validation` holds; nothing where nobody is held out."""
    if not len(dataset.validation.targets):
        return {}
    contexts = dataset.validation.contexts(baseline.length)
    outcome = score_users(baseline, contexts, dataset, settings, report, dataset.validation)
    return validation_scores(outcome.ranks)


def _named(report: Reporter, name: str) -> Reporter:
    """A reporter that says which baseline it is."""
    return lambda progress: report(msgspec.structs.replace(progress, text=name))
