"""From an outcome to the `Quality` that stands in a record."""

from __future__ import annotations

from pathlib import Path

from rbench.evaluate.artefact import write_ranks
from rbench.evaluate.scoring import Outcome
from rbench.evaluate.settings import EvaluateSettings
from rbench.metrics.coverage import coverage
from rbench.metrics.estimates import estimates
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
    return Quality(
        users=len(outcome.ranks),
        metrics=estimates(outcome.ranks, outcome.lists, settings.bootstrap, settings.seed),
        coverage=coverage(outcome.lists),
        parity=parity,
        tap=tap,
        stream=stream,
        ranks=write_ranks(path, outcome.ranks),
    )
