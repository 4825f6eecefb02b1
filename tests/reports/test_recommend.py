import math

import msgspec
import pytest

from rbench.records import Estimate
from rbench.testing.runs import example_run
from rbench_reports.cells import Sheet
from rbench_reports.limits import limits_of
from rbench_reports.metrics import NDCG, SIZE
from rbench_reports.paired import between
from rbench_reports.recommend import advise, best_baseline


def with_numbers(run, change, numbers, **info):
    """A run whose cells have these (ndcg, low, high, size, median) by encoder and recipe."""

    def edit(record):
        ndcg, low, high, size, median = numbers[record.cell.encoder, record.cell.recipe]
        metrics = {"ndcg@10": Estimate(value=ndcg, low=low, high=high)}
        return msgspec.structs.replace(
            record,
            model=msgspec.structs.replace(record.model, size_bytes=size),
            quality=msgspec.structs.replace(record.quality, metrics=metrics),
            timing=msgspec.structs.replace(record.timing, median_us=median),
        )

    return change(run, edit, **{"baselines": {}, **info})


NUMBERS = {
    ("gru", "float32"): (0.20, 0.17, 0.23, 100_000, 50.0),
    ("gru", "dynamic_wi8"): (0.18, 0.15, 0.21, 30_000, 60.0),
}


def named(pick):
    return pick.cell.encoder, pick.cell.recipe


def advice_for(run):
    return advise(run, Sheet.of(run))


def limited(**limits):
    return {"settings": {"limits": limits}}


APART = {
    ("gru", "float32"): (0.20, 0.19, 0.21, 100_000, 50.0),
    ("gru", "dynamic_wi8"): (0.18, 0.17, 0.19, 30_000, 60.0),
}
"""The second is worse beyond chance."""


def test_largest_quality_within_the_limits(small, change):
    advice = advice_for(with_numbers(small, change, APART, **limited(size_bytes=150_000)))
    assert advice.kind == "within"
    assert advice.headline == "Ship gru with float32 on cpu"
    assert named(advice.picks[0]) == ("gru", "float32")
    assert advice.picks[0].roles == ("Ship this",)
    assert "33 % to spare" in advice.picks[0].checks[0].text
    assert advice.picks[1].roles == ("Runner-up",)


def test_the_cheapest_of_those_not_told_apart_is_recommended(small, change):
    """An int8 file that no test tells from float32 is what to ship."""
    advice = advice_for(with_numbers(small, change, NUMBERS, **limited(size_bytes=150_000)))
    assert advice.headline == "Ship gru with dynamic_wi8 on cpu"
    assert [pick.roles for pick in advice.picks] == [
        ("Ship this", "Smallest, about as good"),
        ("Best quality",),
    ]
    why = " ".join(advice.picks[0].why).replace("\N{NO-BREAK SPACE}", " ")
    assert "Not told apart from the best within the limits, gru with float32 on cpu" in why
    assert "size \N{MINUS SIGN}70 %, median latency +20 %" in why
    assert "bytes times median latency" in advice.explanation


def test_a_small_file_that_is_much_slower_is_not_the_cheapest(small, change):
    slow = {**NUMBERS, ("gru", "dynamic_wi8"): (0.18, 0.15, 0.21, 30_000, 400.0)}
    advice = advice_for(with_numbers(small, change, slow, **limited(size_bytes=150_000)))
    assert named(advice.picks[0]) == ("gru", "float32")
    assert advice.picks[1].roles == ("Runner-up", "Smallest, about as good")


@pytest.mark.parametrize(("score", "first"), [(0.19, False), (0.20, True), (0.25, True)])
def test_a_baseline_that_beats_every_cell_comes_first(small, change, score, first):
    estimate = {"ndcg@10": Estimate(value=score, low=score - 0.01, high=score + 0.01)}
    rival = msgspec.structs.replace(small.info.baselines["markov"], metrics=estimate)
    advice = advice_for(with_numbers(small, change, NUMBERS, baselines={"markov": rival}))
    assert advice.headline.startswith("Do not ship a model for quality: markov") == first


def test_the_best_baseline_is_the_best_on_validation(small, change):
    """The test scores are looked at once, by the one that validation chose."""

    def scored(test, validation):
        metrics = {"ndcg@10": Estimate(value=test, low=0.0, high=1.0)}
        return msgspec.structs.replace(
            small.info.baselines["markov"], metrics=metrics, validation=validation
        )

    rivals = {"a": scored(0.3, {"ndcg@10": 0.1}), "b": scored(0.2, {"ndcg@10": 0.4})}
    assert best_baseline(change(small, baselines=rivals)) == ("b", 0.2)
    older = {"a": scored(0.3, {}), "b": scored(0.2, {})}
    assert best_baseline(change(small, baselines=older)) == ("a", 0.3)
    assert best_baseline(change(small, baselines={})) is None


def test_the_runner_up_is_held_to_the_best_user_by_user(small, change):

    def slow(record):
        median = 1000.0 if record.cell.recipe == "dynamic_wi8" else 10.0
        timing = msgspec.structs.replace(record.timing, median_us=median)
        return msgspec.structs.replace(record, timing=timing)

    best, second = advice_for(change(small, slow, **limited(size_bytes=10**9))).picks[:2]
    paired = between(small, second.cell.record, best.cell.record)
    assert paired is not None
    metrics = (best.cell.ndcg.value, second.cell.ndcg.value)
    assert 1 + paired.share == pytest.approx(metrics[1] / metrics[0])
    said = second.why[0]
    assert f"NDCG@10 {paired.text} ({paired.interval}) user by user, {paired.word}; size " in said
    assert ", median latency " in said


def test_a_file_shown_to_be_worse_is_not_about_as_good(tmp_path, change):
    """Its score lies within the best one's interval, yet the same users lose by it."""

    def widen(record):
        old = record.quality.metrics["ndcg@10"]
        wide = {"ndcg@10": Estimate(value=old.value, low=0.0, high=1.0)}
        quality = msgspec.structs.replace(record.quality, metrics=wide)
        return msgspec.structs.replace(record, quality=quality)

    example = example_run(
        tmp_path, encoders=["attention"], recipes=["float32", "dynamic_wi4"], targets=["cpu"]
    )
    many = change(example, widen)
    best, other = Sheet.of(many).cells
    assert other.usable(SIZE) < best.usable(SIZE)
    assert best.ndcg.low < other.ndcg.value < best.ndcg.value
    assert between(many, other.record, best.record).word == "worse"
    assert [pick.roles for pick in advice_for(many).picks] == [("Ship this",)]
    unranked = change(
        many,
        lambda r: msgspec.structs.replace(r, quality=msgspec.structs.replace(r.quality, ranks="")),
    )
    assert named(advice_for(unranked).picks[0]) == ("attention", "dynamic_wi4")


def test_without_ranks_the_interval_of_the_best_speaks(small, change):
    def forget(record):
        quality = msgspec.structs.replace(record.quality, ranks="")
        return msgspec.structs.replace(record, quality=quality)

    advice = advice_for(change(small, forget, **limited(size_bytes=10**9)))
    assert "NDCG@10 within its interval" in advice.picks[0].why[0]
    other = msgspec.structs.replace(small.records[1], data="another split")
    assert between(small, other, small.records[0]) is None


def test_a_limit_takes_the_best_away(small, change):
    advice = advice_for(with_numbers(small, change, NUMBERS, **limited(size_bytes=50_000)))
    assert [named(pick) for pick in advice.picks] == [("gru", "dynamic_wi8")]


def test_a_limit_is_inclusive(small, change):
    advice = advice_for(with_numbers(small, change, APART, **limited(size_bytes=100_000)))
    assert named(advice.picks[0]) == ("gru", "float32")


def test_nearest_where_nothing_keeps_the_limits(small, change):
    advice = advice_for(with_numbers(small, change, NUMBERS, **limited(size_bytes=20_000)))
    assert advice.kind == "nearest"
    assert named(advice.picks[0]) == ("gru", "dynamic_wi8")
    assert advice.headline == ("No cell keeps the limits; gru with dynamic_wi8 on cpu is nearest")
    text = advice.picks[0].checks[0].text.replace("\N{NO-BREAK SPACE}", " ")
    assert text == "30.0 kB of 20.0 kB, over by 10.0 kB (50.0 %)"


def test_the_worst_limit_decides_which_is_nearest(small, change):
    both = limited(size_bytes=25_000, median_us=49.0)
    advice = advice_for(with_numbers(small, change, NUMBERS, **both))
    assert named(advice.picks[0]) == ("gru", "dynamic_wi8")
    assert [check.kept for check in advice.picks[0].checks] == [False, False]


def test_without_limits_quality_decides_and_says_so(small, change):
    advice = advice_for(with_numbers(small, change, NUMBERS, settings={}))
    assert advice.kind == "open"
    assert "no limits" in advice.explanation
    assert named(advice.picks[0]) == ("gru", "dynamic_wi8")
    assert advice.picks[1].roles == ("Best quality",)


def test_a_smaller_file_outside_the_interval_is_no_alternative(small, change):
    worse = {**NUMBERS, ("gru", "dynamic_wi8"): (0.16, 0.13, 0.19, 30_000, 60.0)}
    advice = advice_for(with_numbers(small, change, worse, settings={}))
    assert len(advice.picks) == 1


def test_what_was_not_measured_keeps_no_limit(run, change):
    advice = advice_for(change(run, **limited(peak_memory_bytes=10**12)))
    assert advice.kind == "within"
    assert all(pick.cell.state.word in ("ok", "unstable") for pick in advice.picks)
    untimed = change(
        run, lambda r: msgspec.structs.replace(r, timing=None), **limited(median_us=1e9)
    )
    advice = advice_for(untimed)
    assert advice.kind == "nearest"
    assert "not measured" in advice.picks[0].checks[0].text


def test_an_unstable_pick_carries_its_reason(small, change):
    def shake(record):
        timing = msgspec.structs.replace(
            record.timing, verdict="unstable", reasons=("the fan failed",)
        )
        return msgspec.structs.replace(record, timing=timing)

    advice = advice_for(change(small, shake))
    assert any("the fan failed" in sentence for sentence in advice.picks[0].why)


def test_a_baseline_that_is_as_good_is_a_caution(small, change):
    score = {"ndcg@10": Estimate(value=0.9, low=0.8, high=1.0)}
    markov = msgspec.structs.replace(small.info.baselines["markov"], metrics=score)
    advice = advice_for(change(small, baselines={"markov": markov}))
    assert "markov" in advice.cautions[0]


def test_nothing_to_recommend(small, change):
    failed = change(
        small,
        lambda r: msgspec.structs.replace(r, state="failed", quality=None, model=None, timing=None),
    )
    assert advice_for(failed).kind == "nothing"


def test_not_a_number_is_never_recommended(small, change):
    numbers = {**NUMBERS, ("gru", "float32"): (math.nan, math.nan, math.nan, 1, 1.0)}
    advice = advice_for(with_numbers(small, change, numbers, settings={}))
    assert [named(pick) for pick in advice.picks] == [("gru", "dynamic_wi8")]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"limits": None},
        {"limits": []},
        {"limits": {"size_bytes": None}},
        {"limits": {"size_bytes": "12"}},
        {"limits": {"size_bytes": -1, "median_us": math.nan, "other": 3}},
    ],
)
def test_settings_without_a_usable_limit(settings):
    assert limits_of(settings) == ()


def test_the_best_of_the_example_is_the_largest(run):
    sheet = Sheet.of(run)
    best = advise(run, sheet).picks[0].cell
    assert best.usable(NDCG) == max(cell.usable(NDCG) for cell in sheet.comparable)
