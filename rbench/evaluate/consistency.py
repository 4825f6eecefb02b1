"""Does the file return what its own scores say? Checked before anything is built on them."""

from __future__ import annotations

import numpy as np

from rbench.data.dataset import Ids
from rbench.data.ranking import top
from rbench.errors import StageError
from rbench.evaluate.file_scorer import Answer, FileScorer
from rbench.evaluate.scoring import check
from rbench.features import Features

CONTEXTS = 32
"""Contexts checked."""
NEVER = np.finfo(np.float32).min
"""The score where there is no item."""
TOLERANCE = 1e-5
"""Of a score, relative to the largest one; a quantized score may be off by one step besides."""


def check_consistency(scorer: FileScorer, contexts: Features | Ids, items: int) -> None:
    """Compare the file's outputs with the ranking of its scores, on the first contexts.

    Raises:
        StageError: they differ, so the ranks would be another model's than the file's.
    """
    asked = Features.of(contexts)[:CONTEXTS]
    for number in range(len(asked)):
        answer = scorer.answer(asked[number : number + 1])
        check(answer.every[None], (1, items))
        seen = asked.context[number] if scorer.seen else np.zeros(0, np.int32)
        problem = difference(answer, scorer.step, seen)
        if problem:
            raise StageError(
                f"the file's outputs do not agree with its own scores: {problem}",
                where=f"{scorer.path}, test context {number}",
                allowed="items by descending score, ties to the lower id, ids from 1",
                remedy="the conversion put something between scoring and ranking: look at its log",
            )


def difference(answer: Answer, step: float, seen: Ids | None = None) -> str:
    """What is wrong with an answer, in words; empty if nothing is.

    Args:
        step: of the scores' quantization, 0 for floats.
        seen: item ids that the file takes out, 0 for none.
    """
    k = len(answer.items)
    every = answer.every.copy()
    if seen is not None:
        every[seen[seen > 0] - 1] = -np.inf
    expected = top(every[None], k)[0]
    if len(expected) != k:
        return f"{k} items returned from a catalogue of {len(answer.every)}"
    left = every[expected - 1] > -np.inf
    expected = np.where(left, expected, 0)
    if not np.array_equal(answer.items, expected):
        place = int(np.argmax(answer.items != expected))
        return f"item {answer.items[place]} in place {place + 1}, where {expected[place]} was due"
    due = np.where(left, answer.every[expected - 1], NEVER)
    margin = TOLERANCE * max(1.0, float(np.abs(due[left]).max(initial=0.0))) + step
    if len(answer.scores) != k or not np.allclose(answer.scores, due, rtol=0, atol=margin):
        return "the scores returned are not those of the items returned"
    return ""
