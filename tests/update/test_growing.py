"""A file with more rows: what was there answers as before, to the bit, in every scheme."""

import numpy as np
import pytest

pytest.importorskip("ai_edge_litert", reason="running a .tflite needs rbench[profile]")

from rbench.evaluate.file_scorer import FileScorer
from rbench.ship.answers import ModelRunner
from rbench.update.growing import grown, opened

SCHEMES = [
    *("float32", "float16", "dynamic_wi8", "weight_only_wi8", "dynamic_wi4", "weight_only_wi4"),
    *("dynamic_wi2", "static_wi8_ai8", "static_wi8_ai16"),
]


@pytest.fixture(scope="module")
def contexts(dataset):
    return dataset.test.contexts(8)[:6]


def rows(table, count=3):
    """New rows that mean what some old ones mean, turned around."""
    return np.asarray(-table[:count], np.float32)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", SCHEMES)
def test_old_items_score_as_before_and_new_ones_by_their_rows(scheme, file, contexts, tmp_path):
    path = file(scheme)
    before = opened(path.read_bytes())
    items = len(before.table)
    made = grown(opened(path.read_bytes()), rows(before.table))
    (tmp_path / "new.tflite").write_bytes(made.content)
    old, new = FileScorer(path, items), FileScorer(tmp_path / "new.tflite", items + 3)
    was, now = old(contexts), new(contexts)
    assert np.array_equal(was, now[:, :items])
    spread = np.ptp(was)
    # A row of its own scale, or of the table's: as near as the scheme's own rounding.
    near = {"dynamic_wi2": 0.3, "dynamic_wi4": 0.1, "weight_only_wi4": 0.1}.get(scheme, 0.02)
    assert np.abs(now[:, items:] + was[:, :3]).max() < near * spread
    after = opened(made.content)
    assert np.array_equal(after.table[:items], before.table)
    assert made.shortened == 0
    assert ModelRunner(tmp_path / "new.tflite").inputs == ModelRunner(path).inputs
    assert ModelRunner(tmp_path / "new.tflite").outputs == ModelRunner(path).outputs


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["float32", "static_wi8_ai8", "dynamic_wi2"])
def test_closed_items_never_come_back_and_stay_closed(scheme, file, contexts, tmp_path):
    path = file(scheme)
    runner = ModelRunner(path)
    best = [runner.answer(context).items.tolist() for context in contexts]
    gone = {best[0][0], best[1][0], 5}
    table = opened(path.read_bytes()).table
    made = grown(opened(path.read_bytes()), rows(table, 0), gone)
    again = opened(made.content)
    assert again.closed == gone
    more = grown(again, rows(table, 2), {6})
    assert opened(more.content).closed == gone | {6}
    for content, closed in ((made.content, gone), (more.content, gone | {6})):
        (tmp_path / "closed.tflite").write_bytes(content)
        found = ModelRunner(tmp_path / "closed.tflite")
        for context, was in zip(contexts, best, strict=True):
            now = [item for item in found.answer(context).items.tolist() if item <= len(table)]
            assert not {*now} & closed
            left = [item for item in was if item not in closed]
            assert [item for item in now if item in left] == left[: len(now)]


@pytest.mark.slow
def test_filters_stay(file, contexts, tmp_path):
    path = file("dynamic_wi8", filters=True)
    table = opened(path.read_bytes()).table
    made = grown(opened(path.read_bytes()), rows(table), {7})
    (tmp_path / "new.tflite").write_bytes(made.content)
    runner = ModelRunner(tmp_path / "new.tflite")
    assert runner.told.shape == (1, len(table) + 3)
    context = contexts[0]
    found = runner.answer(context, allowed=[7, 9, len(table) + 1, int(context[-1])])
    assert sorted(found.items.tolist()) == [0] * 18 + [9, len(table) + 1]
    assert not {*runner.answer(context).items.tolist()} & {*context.tolist(), 7}


def test_a_row_that_does_not_fit_is_shortened(file):
    path = file("dynamic_wi8")
    table = opened(path.read_bytes()).table
    made = grown(opened(path.read_bytes()), rows(table) * 100)
    assert made.shortened == 3
    after = opened(made.content).table[-3:]
    lengths = np.linalg.norm(after, axis=1) * np.linalg.norm(table[:3], axis=1)
    assert ((after * -table[:3]).sum(axis=1) / lengths > 0.99).all()
