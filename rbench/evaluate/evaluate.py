"""The stage: one file, all test users, the whole catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rbench.data.dataset import Dataset
from rbench.errors import StageError
from rbench.evaluate.consistency import CONTEXTS, check_consistency
from rbench.evaluate.file_scorer import FileScorer
from rbench.evaluate.parity import measure_parity
from rbench.evaluate.quality import quality
from rbench.evaluate.scoring import score_users
from rbench.evaluate.settings import EvaluateSettings
from rbench.evaluate.stream import measure_stream
from rbench.evaluate.taps import measure_taps
from rbench.features import Feature
from rbench.progress import Reporter
from rbench.records import Quality
from rbench.records.history import history

RANKS = "ranks.npz"
"""File in the artefact's folder: int32 ``ranks`` (users,), 0 where the target cannot be ranked."""


def evaluate(
    settings: EvaluateSettings,
    model: Path,
    reference: Path,
    dataset: Dataset,
    folder: Path,
    report: Reporter,
    features: Sequence[Feature] = (),
) -> Quality:
    """Score a .tflite: that very file, for every test user, among all items.

    Args:
        model: the file, with the signature of `rbench.signatures`.
        reference: what the Keras model said, `rbench.compress.result.REFERENCE`.
        folder: gets `RANKS`.
        features: what the file is given beside the context; the moment of the request is that of
            the target.

    Raises:
        ModelError: the file cannot be read, or ranks another catalogue.
        StageError: a score is not a number, the file contradicts its own scores, the reference
            belongs to another model, or there is nobody to score.
        OutputError: the folder cannot be written.
    """
    scorer = FileScorer(model, dataset.items)
    _same_filter(scorer, settings, dataset)
    contexts = dataset.test.features(scorer.length, features)
    check_consistency(scorer, contexts[:CONTEXTS], dataset.items)
    parity = measure_parity(
        scorer, reference, scorer.length, dataset.items, settings.parity_contexts
    )
    outcome = score_users(scorer, contexts, dataset, settings, report)
    tap = measure_taps(scorer, model, dataset, settings, report) if scorer.taps else None
    stream = None
    if scorer.learns and not features:
        stream = measure_stream(model, scorer.length, dataset, settings, report)
    return quality(outcome, settings, folder / RANKS, parity, tap, stream)


def _same_filter(scorer: FileScorer, settings: EvaluateSettings, dataset: Dataset) -> None:
    """A file that never returns what was seen is scored as one.

    Raises:
        StageError: the ranking leaves it in.
    """
    found = history(settings.filter_history, dataset.summary)
    if scorer.seen and not found.filtered:
        raise StageError(
            "the file takes items of its context out, and the ranking leaves them in"
            + (f": {found.reason}" if found.reason else ""),
            where=str(scorer.path),
            remedy="leave filter_seen out of the study's [convert], or set filter_history = true "
            "in its [evaluate]",
        )
