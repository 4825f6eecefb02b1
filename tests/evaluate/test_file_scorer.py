"""A .tflite as a scorer, on files built op by op."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rbench.errors import ModelError, StageError
from rbench.evaluate.consistency import check_consistency
from rbench.evaluate.file_scorer import FileScorer

MakeFile = Callable[..., Path]
ITEMS, WIDTH, LENGTH, K = 9, 4, 3, 5
CONTEXTS = np.array([[0, 0, 1], [2, 9, 4], [0, 0, 0], [5, 5, 5]], np.int32)


@pytest.fixture
def lookup() -> np.ndarray:
    rows = np.random.default_rng(3).normal(size=(ITEMS + 1, WIDTH)).astype(np.float32)
    rows[0] = 0
    return rows


@pytest.fixture
def table(lookup: np.ndarray) -> np.ndarray:
    rows = lookup[1:].copy()
    rows[6] = rows[2]  # items 3 and 7 always tie
    return rows


@pytest.mark.parametrize("form", ["float", "decoy", "stateful"])
def test_scores_of_every_item(
    make_file: MakeFile, lookup: np.ndarray, table: np.ndarray, form: str
) -> None:
    vectors = lookup[CONTEXTS].sum(axis=1)
    scorer = FileScorer(make_file(lookup, table, LENGTH, K, form), ITEMS)
    assert scorer.length == LENGTH
    found = scorer(CONTEXTS)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, vectors @ table.T, atol=1e-5)
    check_consistency(scorer, CONTEXTS, ITEMS)


def test_queries_do_not_remember_each_other(
    make_file: MakeFile, lookup: np.ndarray, table: np.ndarray
) -> None:
    scorer = FileScorer(make_file(lookup, table, LENGTH, K, "stateful"), ITEMS)
    alone = scorer(CONTEXTS[:1])
    scorer(CONTEXTS)
    assert scorer(CONTEXTS[:1]).tolist() == alone.tolist()
    assert alone.any()
    # The file does have a memory: without the reset it answers otherwise.
    scorer._interpreter.invoke()
    assert scorer._interpreter.get_tensor(scorer._every).tolist() != alone.tolist()


@pytest.mark.parametrize("form", ["int8", "dequantized"])
def test_quantized_scores_are_dequantized_and_tie_by_id(
    make_file: MakeFile, lookup: np.ndarray, table: np.ndarray, form: str
) -> None:
    step = 0.5
    scorer = FileScorer(make_file(lookup, table, LENGTH, K, form, step), ITEMS)
    assert scorer.step == (step if form == "int8" else 0)
    found = scorer(CONTEXTS)
    exact = lookup[CONTEXTS].sum(axis=1) @ table.T
    np.testing.assert_allclose(found, exact, atol=step / 2 + 1e-5)
    np.testing.assert_allclose(found / step, np.round(found / step), atol=1e-5)
    check_consistency(scorer, CONTEXTS, ITEMS)
    assert scorer.answer(CONTEXTS[2]).items.tolist() == [1, 2, 3, 4, 5]


def test_ids_off_by_one_are_caught(
    make_file: MakeFile, lookup: np.ndarray, table: np.ndarray
) -> None:
    scorer = FileScorer(make_file(lookup, table, LENGTH, K, "shifted"), ITEMS)
    with pytest.raises(StageError, match=r"do not agree .* in place 1, where \d was due"):
        check_consistency(scorer, CONTEXTS, ITEMS)


def test_nan_is_caught(make_file: MakeFile, lookup: np.ndarray, table: np.ndarray) -> None:
    table[4, 0] = np.nan
    scorer = FileScorer(make_file(lookup, table, LENGTH, K), ITEMS)
    with pytest.raises(StageError, match="score of item 5 is not a number"):
        check_consistency(scorer, CONTEXTS, ITEMS)


def test_a_graph_without_a_ranking(
    make_file: MakeFile, lookup: np.ndarray, table: np.ndarray
) -> None:
    with pytest.raises(ModelError, match="no TOPK_V2 behind the items output"):
        FileScorer(make_file(lookup, table, LENGTH, K, "unranked"), ITEMS)


def test_another_catalogue(make_file: MakeFile, lookup: np.ndarray, table: np.ndarray) -> None:
    with pytest.raises(ModelError, match="ranks 9 items; allowed: 10"):
        FileScorer(make_file(lookup, table, LENGTH, K), 10)


def test_another_signature(make_file: MakeFile, lookup: np.ndarray, table: np.ndarray) -> None:
    path = make_file(lookup, table, LENGTH, K, signature="serving_default")
    with pytest.raises(ModelError, match="no signature 'recommend'; allowed: serving_default"):
        FileScorer(path, ITEMS)


@pytest.mark.parametrize("content", [b"", b"not a model", None])
def test_no_model(tmp_path: Path, content: bytes | None) -> None:
    pytest.importorskip("ai_edge_litert")
    path = tmp_path / "broken.tflite"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=r"broken\.tflite: cannot be loaded"):
        FileScorer(path, ITEMS)


def test_an_id_outside_the_table_fails_in_words(
    make_file: MakeFile, lookup: np.ndarray, table: np.ndarray
) -> None:
    scorer = FileScorer(make_file(lookup, table, LENGTH, K), ITEMS)
    with pytest.raises(StageError, match="the model does not run"):
        scorer(np.array([[0, 0, ITEMS + 1]], np.int32))


def test_a_runtime_that_does_not_tell_its_ops() -> None:
    from rbench.evaluate.ranking_tensor import ranking_tensor

    with pytest.raises(ModelError, match="does not tell which ops"):
        ranking_tensor(object(), 0, "m.tflite")
