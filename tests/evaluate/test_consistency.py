"""A quantized score may be off by one step, and by no more; a float's not at all."""

import numpy as np
import pytest

from rbench.evaluate.consistency import difference
from rbench.evaluate.file_scorer import Answer

EVERY = np.array([0.5, 3.0, 1.0, 2.0], np.float32)
BEST = np.array([2, 4], np.int32)


def answer(off=0.0, items=BEST, scores=(3.0, 2.0)):
    return Answer(items=items, scores=np.array(scores, np.float32) + np.float32(off), every=EVERY)


@pytest.mark.parametrize(
    ("off", "step", "sound"),
    [(0.0, 0.0, True), (0.05, 0.0, False), (0.05, 0.1, True), (0.09, 0.1, True), (0.2, 0.1, False)],
)
def test_scores_agree_to_the_step_of_their_quantization(off, step, sound):
    said = difference(answer(off), step)
    assert said == ("" if sound else "the scores returned are not those of the items returned")


def test_the_step_excuses_no_other_item():
    said = difference(answer(items=np.array([2, 3], np.int32), scores=(3.0, 1.0)), 10.0)
    assert said == "item 3 in place 2, where 4 was due"
