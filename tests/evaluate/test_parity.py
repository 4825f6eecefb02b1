"""How far a file is from its Keras model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbench.errors import StageError
from rbench.evaluate.parity import measure_parity, overlap

CONTEXTS = np.arange(8, dtype=np.int32).reshape(4, 2)
SCORES = np.random.default_rng(0).normal(size=(4, 30)).astype(np.float32)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write(**arrays: np.ndarray) -> Path:
        path = tmp_path / "reference.npz"
        np.savez(path, **arrays)
        return path

    return write


def test_the_same_scores(write: Callable[..., Path]) -> None:
    path = write(contexts=CONTEXTS, scores=SCORES)
    parity = measure_parity(lambda contexts: SCORES[: len(contexts)], path, 2, 30, 3)
    assert (parity.contexts, parity.max_score_difference, parity.top10_overlap) == (3, 0.0, 1.0)


def test_one_item_pushed_out_of_one_top_ten(write: Callable[..., Path]) -> None:
    changed = SCORES.copy()
    changed[2, SCORES[2].argmax()] = -50
    path = write(contexts=CONTEXTS, scores=SCORES)
    parity = measure_parity(lambda contexts: changed, path, 2, 30, 128)
    assert parity.max_score_difference == pytest.approx(50 + SCORES[2].max())
    assert parity.top10_overlap == pytest.approx((3 + 0.9) / 4)


@given(st.integers(0, 2**32 - 1), st.integers(2, 15))
def test_overlap_is_the_share_of_a_sorted_list(seed: int, items: int) -> None:
    wanted, found = np.random.default_rng(seed).integers(0, 4, (2, 3, items))
    expected = []
    for one, other in zip(wanted, found, strict=True):
        these, those = (
            sorted(range(items), key=lambda item, row=row: (-row[item], item))[:10]
            for row in (one, other)
        )
        expected.append(len(set(these) & set(those)) / min(10, items))
    assert overlap(wanted, found, 10) == pytest.approx(np.mean(expected))


def test_references_of_other_models(write: Callable[..., Path], tmp_path: Path) -> None:
    def ask(path: Path, length: int, items: int) -> None:
        measure_parity(lambda contexts: np.zeros((len(contexts), items)), path, length, items, 9)

    path = write(contexts=CONTEXTS, scores=SCORES)
    with pytest.raises(StageError, match=r"contexts of shape \(4, 2\)"):
        ask(path, 3, 30)
    with pytest.raises(StageError, match=r"scores of shape \(4, 30\)"):
        ask(path, 2, 31)
    with pytest.raises(StageError, match="no reference"):
        ask(write(contexts=CONTEXTS), 2, 30)
    with pytest.raises(StageError, match="no reference"):
        ask(tmp_path / "absent.npz", 2, 30)
    (tmp_path / "torn.npz").write_bytes(b"PK\x03\x04 torn")
    with pytest.raises(StageError, match="no reference"):
        ask(tmp_path / "torn.npz", 2, 30)
