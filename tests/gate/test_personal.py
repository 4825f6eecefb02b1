"""What learning adds and a tap saves, held to limits: by the interval, and by every round."""

import msgspec
import pytest

from rbench.errors import StudyError
from rbench.gate import judge, parse_budget
from rbench.records import StreamGain, StreamQuality, TapTiming
from rbench.records.run_folder import read_run, write_records
from rbench.testing.runs import example_run


def gain(low, high):
    middle = (low + high) / 2
    return StreamGain(users=9, taps=90, frozen=0.1, learning=0.1 + middle, low=low, high=high)


@pytest.fixture
def run_with(tmp_path):
    """A run of one cell, with what its record says of learning and taps."""

    def made(stream=None, ratios=(), census=None):
        example_run(tmp_path, encoders=("gru",), recipes=("float32",), targets=("xnnpack",))
        (record,) = read_run(tmp_path).records
        quality = msgspec.structs.replace(record.quality, stream=stream)
        timing = record.timing
        if ratios:
            whole = timing.round_medians_us[: len(ratios)]
            taps = tuple(one * share for one, share in zip(whole, ratios, strict=True))
            middle = sorted(ratios)[len(ratios) // 2]
            tap = TapTiming(median_us=taps[0], round_medians_us=taps, ratio=middle)
            timing = msgspec.structs.replace(timing, tap=tap, round_medians_us=whole)
        model = msgspec.structs.replace(record.model, census=census or {})
        write_records(
            tmp_path / "records.jsonl",
            [msgspec.structs.replace(record, quality=quality, timing=timing, model=model)],
        )
        return read_run(tmp_path)

    return made


def found(run, budget, check):
    (one,) = [f for f in judge(parse_budget(f"[[cells]]\n{budget}"), run).findings if f.rule]
    assert one.check == check
    return one


@pytest.mark.parametrize(
    ("low", "high", "status"),
    [(0.001, 0.003, "pass"), (-0.003, 0.001, "warn"), (-0.003, -0.001, "fail"), (-1, 1.5, "pass")],
)
def test_learning_fails_where_it_harms_beyond_chance(run_with, low, high, status):
    run = run_with(stream=StreamQuality(known=gain(low, high)))
    assert found(run, "learning = { min = 0.0 }", "learning").status == status


def test_new_users_are_asked_where_there_are_no_others(run_with):
    run = run_with(stream=StreamQuality(new=gain(-0.003, -0.001)))
    assert found(run, "learning = { min = 0.0 }", "learning").status == "fail"


def test_what_does_not_learn_is_not_comparable_and_says_why(run_with):
    one = found(
        run_with(census={"personal": {"reason": "no table"}}), "learning = { min = 0 }", "learning"
    )
    assert (one.status, "no table" in one.message) == ("not comparable", True)
    assert found(run_with(), "tap = { max_ratio = 0.4 }", "tap ratio").status == "not comparable"


def test_a_gain_that_is_no_number_fails(run_with):
    run = run_with(stream=StreamQuality(known=gain(0.2, 0.1)))
    assert found(run, "learning = { min = 0.0 }", "learning").status == "fail"


@pytest.mark.parametrize(
    ("ratios", "status"),
    [((0.3, 0.35, 0.38), "pass"), ((0.39, 0.41, 0.45), "warn"), ((0.41, 0.42, 0.45), "fail")],
)
def test_a_tap_fails_where_every_round_says_so(run_with, ratios, status):
    run = run_with(ratios=ratios)
    assert found(run, "tap = { max_ratio = 0.4 }", "tap ratio").status == status


@pytest.mark.parametrize(
    ("budget", "words"),
    [
        ("learning = {}", "sets no limit; allowed: min, warn"),
        ("learning = { min = 2 }", "min must lie between -1 and 1"),
        ("learning = { min = 0.2, warn = 0.1 }", "min is above warn"),
        ("tap = {}", "sets no limit; allowed: max_ratio, warn_ratio"),
        ("tap = { max_ratio = 0 }", "max_ratio must be a number above 0"),
        ("tap = { ratio = 1 }", "unknown key 'ratio'"),
        ("learning = 1", "a value of type int"),
    ],
)
def test_a_limit_that_is_none_is_refused(budget, words):
    with pytest.raises(StudyError, match=words):
        parse_budget(f"[[cells]]\n{budget}")
