"""How far a file strayed from the Keras model that it was converted from."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rbench.compress.result import GIVEN
from rbench.data.ranking import Scores, top
from rbench.errors import StageError
from rbench.evaluate.scoring import Scorer, check
from rbench.features import CONTEXT, Features
from rbench.records import Parity
from rbench.system.arrays import TORN, arrays_in

TOP = 10


def measure_parity(
    scorer: Scorer, reference: Path, length: int, items: int, contexts: int
) -> Parity:
    """Compare a file's scores with those that the Keras model left behind.

    Args:
        reference: npz with int32 ``contexts`` (n, length), the other inputs as ``given_NAME``, and
            float32 ``scores`` (n, items).
        contexts: at most this many are compared.

    Raises:
        StageError: the reference cannot be read or is about another model, or a score is NaN.
    """
    asked, wanted = _read(reference)
    asked, wanted = asked[:contexts], wanted[:contexts]
    shape = asked.context.shape
    if len(shape) != 2 or shape[1] != length or not len(asked):
        raise StageError(
            f"contexts of shape {shape}", where=str(reference), allowed=f"(n, {length})"
        )
    check(wanted, (len(asked), items))
    found = scorer(asked)
    check(found, (len(asked), items))
    return Parity(
        contexts=len(asked),
        max_score_difference=float(np.abs(found - wanted).max()),
        top10_overlap=overlap(wanted, found, TOP),
    )


def overlap(wanted: Scores, found: Scores, k: int) -> float:
    """Mean share of the k best of ``wanted`` that are among the k best of ``found``, 0 to 1.

    Args:
        wanted, found: float32 ``(n, items)``, no NaN. No history is filtered.
    """
    pairs = zip(top(wanted, k), top(found, k), strict=True)
    return float(np.mean([np.isin(these, those).mean() for these, those in pairs]))


def _read(path: Path) -> tuple[Features, Scores]:
    try:
        with arrays_in(path) as archive:
            given = {name: archive[name] for name in archive.files if name.startswith(GIVEN)}
            arrays = {name.removeprefix(GIVEN): array for name, array in given.items()}
            context = np.asarray(archive["contexts"], np.int32)
            return Features({CONTEXT: context, **arrays}), archive["scores"]
    except TORN as error:
        raise StageError(
            f"no reference of the Keras model: {error}",
            where=str(path),
            allowed="an npz with contexts and scores",
        ) from error
