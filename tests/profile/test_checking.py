"""Tools that check: what is compared, what the bounds let through, and that nothing is a time."""

import msgspec
import numpy as np
import pytest

from rbench.cells import tools
from rbench.cells.target import Target
from rbench.errors import StageError, Unsupported
from rbench.profile import ProfileSettings, checking, measure
from rbench.profile.checking import Checker, check, compare, concerning_checks
from rbench.profile.tool import Delegate
from rbench.records import Check, Record, Timing

SETTINGS = ProfileSettings()
SCORES = np.array([[4.0, 3.0, 2.0], [8.0, 7.0, 6.0]], np.float32)
ITEMS = np.array([[1, 2, 3], [4, 5, 6]], np.int32)


def answers(items=ITEMS, scores=SCORES):
    return np.asarray(items, np.int32), np.asarray(scores, np.float32)


def made(**fields):
    known = {
        "contexts": 2,
        "top": 10,
        "overlap": 1.0,
        "same_order": 1.0,
        "max_score_difference": 0.0,
        "score_scale": 10.0,
        "bounds": {"overlap": 0.9, "score_difference": 0.05},
        "runtime": "a stand-in",
        "against": "this host",
    }
    return Check(**{**known, **fields})


class Standing(Checker):
    word = "standing"
    meaning = "a stand-in"
    delegates = (Delegate("kernels", "kernels"),)
    answer = made()

    def check(self, settings, model, target, contexts):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def standing(monkeypatch, tmp_path):
    """Checks a file with a tool that answers as it is told."""

    def checked(answer):
        tool = type("Told", (Standing,), {"answer": answer})()
        monkeypatch.setattr(tools, "find", lambda word, *, on_device: tool)
        target = Target("kernels", tool="standing")
        return check(SETTINGS, tmp_path / "model.tflite", target, tmp_path / "contexts.npy")

    return checked


def test_equal_answers_are_equal():
    found = compare(answers(), answers())
    assert found == {
        "contexts": 2,
        "top": 3,
        "overlap": 1.0,
        "same_order": 1.0,
        "max_score_difference": 0.0,
        "score_scale": 8.0,
    }


def test_an_exchange_of_two_items_is_no_loss_of_one():
    found = compare(answers(), answers(items=[[2, 1, 3], [4, 5, 6]]))
    assert found["overlap"] == 1.0
    assert found["same_order"] == 0.5
    assert found["max_score_difference"] == 1.0


def test_another_item_is_a_loss():
    found = compare(answers(), answers(items=[[1, 2, 9], [4, 5, 6]]))
    assert found["overlap"] == pytest.approx(5 / 6)
    assert found["max_score_difference"] == 0.0


def test_the_best_ten_are_compared_of_more():
    items, scores = np.arange(1, 21)[None], np.arange(20.0, 0, -1)[None]
    tail = items.copy()
    tail[:, 10:] = np.arange(101, 111)
    found = compare(answers(items, scores), answers(tail, scores))
    assert (found["top"], found["overlap"]) == (10, 1.0)


def test_answers_without_a_common_item_have_a_difference_too():
    found = compare(answers(), answers(items=[[7, 8, 9], [7, 8, 9]], scores=SCORES + 5))
    assert (found["overlap"], found["max_score_difference"]) == (0.0, 5.0)


@pytest.mark.parametrize(
    ("there", "said"),
    [
        (answers(scores=SCORES * np.nan), "no finite number"),
        (answers(ITEMS[:1], SCORES[:1]), "shape"),
    ],
)
def test_what_is_no_answer_is_said(there, said):
    with pytest.raises(StageError, match=said):
        compare(answers(), there)


def test_within_the_bounds_is_kept(standing):
    assert standing(made(overlap=0.9, max_score_difference=0.5)).overlap == 0.9


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"overlap": 0.89}, "0.890 of the best 10 items"),
        ({"overlap": float("nan")}, "nan of the best 10 items"),
        ({"max_score_difference": 0.51}, "0.51 from this host's"),
        ({"max_score_difference": float("nan")}, "nan from this host's"),
        ({"bounds": {}, "overlap": 0.999}, "0.999 of the best"),
    ],
)
def test_beyond_the_bounds_has_failed(standing, fields, said):
    with pytest.raises(StageError, match=said):
        standing(made(**fields))


def test_a_stranger_that_raises_costs_its_cell(standing):
    with pytest.raises(StageError, match="the standing tool failed: KeyError"):
        standing(KeyError("oops"))
    with pytest.raises(StageError, match="made no check"):
        standing("a text")


def test_nobody_gets_a_time_of_it(standing, tmp_path):
    standing(made())
    target = Target("kernels", tool="standing")
    with pytest.raises(Unsupported, match="compares answers, it times nothing"):
        measure(SETTINGS, tmp_path / "m", target, tmp_path / "c", 0, tmp_path)


def test_a_check_has_no_number_that_could_be_a_time():
    """Neither a field of a timing, nor anything in microseconds."""
    fields = set(Check.__struct_fields__)
    assert not fields & (set(Timing.__struct_fields__) - {"details"})
    assert not [name for name in fields if name.endswith(("_us", "_ns", "_s", "seconds"))]
    assert "check" in Record.__struct_fields__


def test_a_tool_that_times_checks_nothing(tmp_path):
    with pytest.raises(Unsupported, match="checks nothing"):
        check(SETTINGS, tmp_path / "m", Target.parse("cpu"), tmp_path / "c")


def test_settings_of_timing_concern_no_check():
    longer = ProfileSettings(rounds=9, min_runs=7, tool={"aarch64": {"contexts": 3}})
    kept = concerning_checks(longer)
    assert kept == ProfileSettings(tool={"aarch64": {"contexts": 3}})


def test_a_check_says_itself_in_words():
    said = made(overlap=0.9875, same_order=0.75, max_score_difference=0.149, contexts=24).in_words
    assert "98.8% of the best 10 items, scores within 0.15 of 10 (24 contexts" in said
    assert said.endswith("never timed")
    assert "in the same order" in made().in_words
    assert msgspec.json.decode(msgspec.json.encode(made()), type=Check) == made()
    assert checking.TOP == 10
