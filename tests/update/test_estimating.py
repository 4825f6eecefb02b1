"""Rows of new items: known answers."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rbench.update.estimating import from_features, with_interactions


def test_a_row_that_is_its_features_is_found():
    draw = np.random.default_rng(1)
    known = (draw.random((500, 6)) < 0.4).astype(np.float32)
    vectors = draw.normal(size=(6, 4)).astype(np.float32)
    table = known @ vectors + 3
    fresh = np.eye(6, dtype=np.float32)
    found = from_features(table, known, fresh, ridge=1e-6)
    assert np.abs(found - (vectors + 3)).max() < 1e-3


def test_nothing_known_is_the_mean():
    table = np.arange(8, dtype=np.float32).reshape(4, 2)
    known = np.array([[1, 0], [1, 0], [0, 1], [0, 1]], np.float32)
    found = from_features(table, known, np.zeros((1, 2), np.float32))
    assert np.allclose(found, [table.mean(axis=0)])


def test_interactions_pull_towards_what_was_before_them():
    draw = np.random.default_rng(2)
    table = draw.normal(size=(50, 8)).astype(np.float32)
    vectors = [draw.normal(size=(3, 8)).astype(np.float32) * 4, np.zeros((0, 8), np.float32)]
    starts = np.zeros((2, 8), np.float32)
    found = with_interactions(starts, table, vectors, trust=0.3)
    assert np.array_equal(found[1], starts[1])
    mean = vectors[0].mean(axis=0)
    assert found[0] @ mean / np.linalg.norm(found[0]) / np.linalg.norm(mean) > 0.8
    less = with_interactions(starts, table, vectors, trust=3.0)
    assert np.linalg.norm(less[0]) < np.linalg.norm(found[0])


@given(st.integers(1, 6), st.integers(0, 2**32 - 1), st.sampled_from([0.01, 0.5, 10.0]))
def test_it_is_the_most_likely_row(count, seed, trust):
    """The slope there is nothing, against the plain formula."""
    draw = np.random.default_rng(seed)
    table, vectors = draw.normal(size=(20, 4)), draw.normal(size=(count, 4)) * 3
    start = draw.normal(size=(1, 4))
    row = with_interactions(start, table, [vectors], trust)[0].astype(np.float64)
    every = np.concatenate([vectors @ table.T, (vectors @ row)[:, None]], axis=1)
    every = np.exp(every - every.max(axis=1, keepdims=True))
    shares = (every / every.sum(axis=1, keepdims=True))[:, -1]
    weight = trust * (vectors**2).sum(axis=1).mean()
    slope = vectors.T @ (1 - shares) - weight * (row - start[0])
    assert np.abs(slope).max() < 1e-3 * max(1.0, np.abs(vectors).max())
