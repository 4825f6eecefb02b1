"""What the gate says beyond chance: quantiles, errors, and how often it is wrong."""

import hashlib
import importlib.util
import io
import math
from pathlib import Path

import msgspec
import numpy as np
import pytest
from scipy import stats

from rbench.evaluate import metrics
from rbench.gate import Limits, judge, parse_budget, read_against
from rbench.gate.chance import normal_quantile, student_quantile, student_tail
from rbench.gate.quality import paired, unpaired
from rbench.gate.rounds import Noise, compare, compare_pairs, in_common, pooled
from rbench.gate.scores import gains
from rbench.profile import ProfileSettings
from rbench.profile.pair import SETTINGS
from rbench.records import Estimate
from rbench.testing.runs import example_run

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "gate_power.py"


@pytest.fixture(scope="module")
def power():
    spec = importlib.util.spec_from_file_location("gate_power", BENCHMARK)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 8, 21, 24, 99, 399])
@pytest.mark.parametrize("tail", [0.1, 0.0025, 0.0025 / 80, 1e-7])
def test_student_s_quantiles(freedom, tail):
    assert student_quantile(tail, freedom) == pytest.approx(stats.t.isf(tail, freedom), rel=1e-5)
    assert student_tail(2.0, freedom) == pytest.approx(stats.t.sf(2.0, freedom), rel=1e-9)


def test_many_degrees_of_freedom_are_the_normal_distribution():
    assert student_quantile(0.01, 10**6) == normal_quantile(0.01)
    assert normal_quantile(0.025) == pytest.approx(1.959964, abs=1e-6)


def test_gains_are_those_of_the_evaluation():
    ranks = np.array([0, 1, 2, 5, 10, 11, 20, 21, 400])
    table = metrics.gains(ranks)
    for column, name in enumerate(metrics.METRICS):
        np.testing.assert_allclose(gains(name, ranks), table[:, column])
    assert gains("coverage", ranks) is None
    assert gains("ndcg@0", ranks) is None


def test_the_closed_form_is_what_a_paired_bootstrap_comes_to():
    random = np.random.default_rng(3)
    before = random.random(400)
    after = np.clip(before - 0.05 + 0.1 * random.normal(size=400), 0, 1)
    lost = paired(before, after)
    drawn = random.integers(0, 400, size=(4000, 400))
    shares = 1 - after[drawn].mean(axis=1) / before[drawn].mean(axis=1)
    assert lost.share == pytest.approx(1 - after.mean() / before.mean())
    assert lost.error == pytest.approx(shares.std(), rel=0.05)


def test_equal_scores_lost_nothing():
    before = np.array([0.0, 1.0, 0.5])
    lost = paired(before, before)
    assert lost.interval(0.001) == (0, 0)


def test_intervals_alone_see_less_than_ranks():
    random = np.random.default_rng(4)
    easy = random.random(300)
    before, after = easy, np.clip(easy - 0.02 + 0.02 * random.normal(size=300), 0, 1)

    def estimate(values):
        reach = 1.96 * values.std() / math.sqrt(len(values))
        mean = values.mean()
        return Estimate(value=mean, low=mean - reach, high=mean + reach)

    alone = unpaired(estimate(before), estimate(after))
    together = paired(before, after)
    assert alone.share == pytest.approx(together.share)
    assert alone.error > 3 * together.error


def test_noise_within_groups_is_pooled():
    assert pooled([[1.0, 3.0], [10.0, 10.0, 10.0]]) == Noise(2.0 / 3, 3)
    assert pooled([[1.0]]) == Noise(0.0, 0)


def test_a_ratio_and_its_interval():
    found = compare((110.0, 110.0), (100.0, 100.0), Noise(0.01**2, 100), 0.0025)
    reach = stats.t.isf(0.0025, 7) * 0.01 * math.sqrt(6 / 7)  # one round's difference is free
    assert found.value == pytest.approx(1.1)
    assert math.log(found.high / found.value) == pytest.approx(reach, rel=1e-6)
    noisy = compare((100.0, 121.0), (100.0, 100.0), Noise(0.01**2, 100), 0.0025)
    assert noisy.low < 1 < noisy.high


def test_the_smallest_loss_that_would_show():
    found = compare((100.0, 100.0), (100.0, 100.0), Noise(0.01**2, 100), 0.0025)
    error = 0.01 * math.sqrt(6 / 7)
    seen = (stats.t.isf(0.0025, 7) + stats.norm.isf(0.05)) * error
    assert math.log(found.visible) == pytest.approx(seen, rel=1e-6)


def test_nothing_under_a_file_s_distance_from_itself_is_a_difference():
    apart = [(101.0, 101.0, 101.0), (100.0, 100.0, 100.0)]
    quiet = Noise(0.0001**2, 100)
    assert compare(*apart, quiet, 0.0025).low > 1
    floored = compare(*apart, quiet._replace(floor=math.log(1.02)), 0.0025)
    assert floored.low < 1 < floored.high
    assert floored.visible > 1.02


def test_what_a_round_does_to_all_cells_is_no_noise():
    shift = [0.0, 0.3, -0.2]
    cells = [[base + step for step in shift] for base in (1.0, 2.0, 3.0)]
    assert in_common(cells).variance == pytest.approx(0, abs=1e-20)
    assert in_common(cells).freedom == 4
    assert pooled(cells).variance == pytest.approx(np.var(shift, ddof=1))
    odd = [*cells[:2], [3.03, 3.3, 2.77]]
    rests = (
        np.array(odd) - np.mean(odd, axis=1, keepdims=True) - np.mean(odd, axis=0) + np.mean(odd)
    )
    assert in_common(odd).variance == pytest.approx((rests**2).sum() / 4)
    assert in_common([[1.0, 2.0]]) == (0.0, 0, 0.0)


def test_one_round_each_says_nothing_of_chance():
    with pytest.raises(ValueError, match="one round each"):
        compare((1.0,), (2.0,), Noise(0.0, 0), 0.01)
    with pytest.raises(ValueError, match="2 rounds of one file and 1"):
        compare_pairs((1.0, 1.0), (2.0,), 0.01)


@pytest.mark.parametrize(("noise", "own"), [((0.5,), None), ((1.5,), None), ((1.0,), 1.5)])
def test_latency_false_alarms_and_power_of_the_default_protocol(power, noise, own):
    rounds = ProfileSettings().rounds
    assert power.latency_outcomes(1000, 0.0, rounds, noise, own, seed=11).fails <= 0.01
    assert power.latency_outcomes(1000, 0.05, rounds, noise, own, seed=12).fails >= 0.95


def test_a_pair_twice_as_noisy_as_the_others_raises_few_alarms_more(power):
    assert power.latency_outcomes(1000, 0.0, 6, (1.0,), 2.0, seed=21).fails <= 0.02


def test_what_is_too_noisy_to_see_does_not_pass(power):
    equal = power.latency_outcomes(300, 0.0, 3, (3.0,), None, seed=17)
    slower = power.latency_outcomes(300, 0.05, 3, (3.0,), None, seed=18)
    assert slower.fails < 0.5
    assert slower.passes == equal.passes == 0
    assert equal.blind > 0.4, "the rest warns"


@pytest.mark.parametrize("noise", [1.0, 2.0])
def test_two_files_in_turn_false_alarms_and_power(power, noise):
    rounds = SETTINGS.rounds
    assert power.pair_outcomes(1000, 0.0, rounds, noise, seed=15).fails <= 0.01
    assert power.pair_outcomes(1000, 0.05, rounds, noise, seed=16).fails >= 0.95


def test_chance_is_divided_among_the_questions(tmp_path):
    """Two questions instead of one widen the interval of each."""
    run = example_run(
        tmp_path / "a", encoders=("bow", "gru"), recipes=("float32",), targets=("cpu",), users=80
    )
    base = read_against(
        example_run(
            tmp_path / "b",
            seed=2,
            encoders=("bow", "gru"),
            recipes=("float32",),
            targets=("cpu",),
            users=80,
        ).folder
    )

    def width(budget):
        verdict = judge(budget, run, base)
        found = next(f for f in verdict.findings if f.subject == "gru x float32")
        return found.interval[1] - found.interval[0]

    one = parse_budget('[[cells]]\nencoder = "gru"\nquality.mrr = { max_loss = "5%" }')
    two = parse_budget('[[cells]]\nquality.mrr = { max_loss = "5%" }')
    wide = msgspec.structs.replace(two, false_alarms=one.false_alarms * 2)
    assert width(two) > width(one)
    assert width(wide) == pytest.approx(width(one))


def test_a_run_never_fails_against_itself(tmp_path):
    run = example_run(tmp_path / "a", users=60, samples=30)
    budget = parse_budget(
        '[[cells]]\nsize = { max_growth = "0%" }\ngzip = { max_growth = "0%" }\n'
        'quality."ndcg@10" = { max_loss = "0%" }\nquality.mrr = { max_loss = "0%" }\n'
        'quality."recall@10" = { max_loss = "0%" }\n'
    )
    verdict = judge(budget, run, read_against(run.folder))
    assert verdict.summary == "100 passed"
    assert Limits().false_alarms == 0.0025


def archived(run, array):
    """The run's first ranks replaced, under the hash of what replaces them."""
    content = io.BytesIO()
    np.savez(content, ranks=array)
    name = hashlib.sha256(content.getvalue()).hexdigest()
    run.artefact(name).write_bytes(content.getvalue())
    quality = msgspec.structs.replace(run.records[0].quality, ranks=name)
    record = msgspec.structs.replace(run.records[0], quality=quality)
    return msgspec.structs.replace(run, records=(record,))


def one_cell(folder):
    grid = {"encoders": ("gru",), "recipes": ("float32",), "targets": ("cpu",), "users": 30}
    return example_run(folder, **grid)


LOSS = parse_budget('[[cells]]\nquality.mrr = { max_loss = "5%" }')


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 torn", b"no archive"])
def test_torn_ranks_fail(tmp_path, content):
    run, before = one_cell(tmp_path / "a"), one_cell(tmp_path / "b")
    run.artefact(run.records[0].quality.ranks).write_bytes(content)
    for new, old, whose in ((run, before, "its"), (before, run, "the baseline's")):
        (found,) = judge(LOSS, new, read_against(old.folder)).findings
        assert found.status == "fail"
        assert f"{whose} ranks cannot be judged" in found.message
        assert "is not the file that was recorded" in found.message


@pytest.mark.parametrize("odd", [np.nan, np.inf, 1.0, 1e300, -1])
def test_what_are_no_ranks_never_pass(tmp_path, odd):
    run, before = one_cell(tmp_path / "a"), one_cell(tmp_path / "b")
    bad = archived(run, np.full(30, odd))
    (found,) = judge(LOSS, bad, read_against(before.folder)).findings
    assert found.status == "fail"
    assert "holds no ranks" in found.message


def test_ranks_that_are_not_there_leave_the_intervals(tmp_path):
    run, before = one_cell(tmp_path / "a"), one_cell(tmp_path / "b")
    run.artefact(run.records[0].quality.ranks).unlink()
    (found,) = judge(LOSS, run, read_against(before.folder)).findings
    assert found.status == "pass"
    assert "by intervals, without ranks" in found.message
