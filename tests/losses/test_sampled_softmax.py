"""The sampled softmax against the full one, by hand."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

if not find_spec("tensorflow"):  # importing it takes seconds
    pytest.skip("losses need rbench[sweep]", allow_module_level=True)

from rbench.losses import Hidden
from rbench.losses.sampled_softmax import SampledSoftmax
from rbench.losses.softmax import Softmax

RANDOM = np.random.default_rng(1)
VECTORS = RANDOM.normal(size=(4, 3)).astype(np.float32)
TABLE = RANDOM.normal(size=(6, 3)).astype(np.float32)
TARGETS = np.array([4, 5, 2, 2], np.int32)
WEIGHTS = np.ones(4, np.float32)
HAD = np.array([[2, 2, 0, 2, 1, 0], [2, 2, 2, 2, 2, 2]], np.int32)


def found(loss, targets=TARGETS, hidden=False):
    import tensorflow as tf

    had = Hidden(tf.range(4), tf.constant(HAD), 2) if hidden else None
    return float(loss.of(*map(tf.constant, (VECTORS, TABLE, targets, WEIGHTS)), had))


@pytest.mark.slow
@pytest.mark.parametrize("hidden", [False, True])
def test_with_many_negatives_it_is_the_full_softmax(hidden):
    """The correction makes up for how many are drawn: here each of six items 50,000 times."""
    whole = found(Softmax(), hidden=hidden)
    assert found(SampledSoftmax(300_000), hidden=hidden) == pytest.approx(whole, rel=0.01)


def test_the_draw_follows_from_the_targets_alone():
    few = SampledSoftmax(2)
    assert found(few) == found(few)
    others = {found(few, np.array([4, 5, 2, n], np.int32)[order]) for n in (2, 3) for order in
              ([0, 1, 2, 3], [1, 0, 2, 3])}  # fmt: skip
    assert len(others) == 4


@pytest.mark.parametrize("negatives", [0, -1, 10**7])
def test_numbers_beyond_reason_are_refused(negatives):
    with pytest.raises(ValueError, match="negatives"):
        SampledSoftmax(negatives)
