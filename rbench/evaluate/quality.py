"""From an outcome to the `Quality` that stands in a record."""

from __future__ import annotations

from pathlib import Path

from rbench.evaluate.artefact import write_ranks
from rbench.evaluate.scoring import Outcome
from rbench.evaluate.settings import EvaluateSettings
from rbench.metrics.coverage import coverage
from rbench.metrics.estimates import estimates
from rbench.metrics.popularity import novelty, popularity_lift
from rbench.metrics.slices import slices
from rbench.records import Parity, Quality, StreamQuality, TapQuality


def quality(
    outcome: Outcome,
    settings: EvaluateSettings,
    path: Path,
    parity: Parity | None = None,
    tap: TapQuality | None = None,
    stream: StreamQuality | None = None,
) -> Quality:
    """Sum up an outcome, and leave its ranks at ``path``.

    Raises:
        PluginError: a metric is broken.
        OutputError: the ranks cannot be written.
    """
    ranks, lists, drawn = outcome.ranks, outcome.lists, (settings.bootstrap, settings.seed)
    known = lists.interactions[outcome.targets] * (outcome.targets > 0)
    return Quality(
        users=len(ranks),
        metrics=estimates(ranks, lists, *drawn),
        coverage=coverage(lists),
        novelty=novelty(lists),
        popularity_lift=popularity_lift(lists, outcome.targets),
        slices=slices(ranks, outcome.lengths, known, *drawn),
        parity=parity,
        tap=tap,
        stream=stream,
        ranks=write_ranks(path, ranks),
    )
