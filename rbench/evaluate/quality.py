"""From an outcome to the `Quality` that stands in a record."""

from __future__ import annotations

from pathlib import Path

from rbench.evaluate.artefact import write_ranks
from rbench.evaluate.bootstrap import estimates
from rbench.evaluate.scoring import Outcome
from rbench.evaluate.settings import EvaluateSettings
from rbench.records import Parity, Quality


def quality(
    outcome: Outcome, settings: EvaluateSettings, path: Path, parity: Parity | None = None
) -> Quality:
    """Sum up an outcome, and leave its ranks at ``path``.

    Raises:
        OutputError: the ranks cannot be written.
    """
    return Quality(
        users=len(outcome.ranks),
        metrics=estimates(outcome.ranks, settings.bootstrap, settings.seed),
        coverage=outcome.coverage,
        parity=parity,
        ranks=write_ranks(path, outcome.ranks),
    )
