"""The table that knows the counts, against numpy's eigenvectors of the whole matrix."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from rbench.train.starts import TAU, from_counts

ITEMS = 40


def random_table(width: int) -> np.ndarray:
    return np.random.default_rng(3).normal(scale=0.02, size=(ITEMS, width)).astype(np.float32)


def by_hand(dataset, width: int) -> np.ndarray:
    counts = np.zeros((ITEMS, ITEMS))
    for user in range(len(dataset.train)):
        sequence = dataset.train[user]
        for place, item in enumerate(sequence):
            for distance, later in enumerate(sequence[place + 1 : place + 21], 1):
                counts[item - 1, later - 1] += 1 / distance
    excess = np.log1p(counts * ITEMS / TAU)
    centring = np.eye(ITEMS) - 1 / ITEMS
    values, vectors = np.linalg.eigh(centring @ (excess + excess.T) / 2 @ centring)
    found = vectors[:, ::-1][:, :width] * np.sqrt(values[::-1][:width])
    return found / found.std()


@pytest.mark.parametrize("width", [1, 4, 8])
def test_it_is_the_leading_part_of_the_matrix(width, dataset) -> None:
    table = random_table(width)
    found = from_counts(dataset, table)
    assert found.dtype == np.float32
    assert found.std() == pytest.approx(table.std(), rel=1e-4)
    mine, expected = found / found.std(), by_hand(dataset, width)
    assert np.allclose(mine @ mine.T, expected @ expected.T, atol=1e-3), "up to signs"


def test_it_is_the_same_again(dataset) -> None:
    table = random_table(6)
    assert np.array_equal(from_counts(dataset, table), from_counts(dataset, table))


@pytest.mark.parametrize("width", [39, 40, 64])
def test_a_width_beyond_what_counts_give_stays_random_in_its_rest(width, dataset) -> None:
    table = random_table(width)
    found = from_counts(dataset, table)
    assert np.isfinite(found).all()
    assert np.array_equal(found[:, -1], table[:, -1])
    assert not np.array_equal(found[:, 0], table[:, 0])


@pytest.mark.parametrize("sequences", [[[1], [2]], [[]]])
def test_without_a_pair_nothing_is_known(sequences, dataset, ragged) -> None:
    lonely = dataclasses.replace(dataset, train=ragged(sequences))
    table = random_table(4)
    assert np.array_equal(from_counts(lonely, table), table)
