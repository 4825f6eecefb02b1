"""What the gate says beyond chance: quantiles, errors, and how often it is wrong."""

import hashlib
import importlib.util
import io
from pathlib import Path

import msgspec
import numpy as np
import pytest

from rbench.gate import Limits, judge, parse_budget, read_against
from rbench.gate.against import Against, baseline_of
from rbench.profile import ProfileSettings
from rbench.profile.pair import SETTINGS
from rbench.records.run_folder import read_run, write_records
from rbench.testing.runs import example_run

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "gate_power.py"


@pytest.fixture(scope="module")
def power():
    spec = importlib.util.spec_from_file_location("gate_power", BENCHMARK)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.parametrize(("noise", "own"), [((0.5,), None), ((1.5,), None), ((1.0,), 1.5)])
def test_latency_false_alarms_and_power_of_the_default_protocol(power, noise, own):
    rounds = ProfileSettings().rounds
    assert power.latency_outcomes(1000, 0.0, rounds, noise, own, seed=11).fails <= 0.01
    assert power.latency_outcomes(1000, 0.05, rounds, noise, own, seed=12).fails >= 0.95


@pytest.mark.slow
def test_a_pair_twice_as_noisy_as_the_others_raises_few_alarms_more(power):
    assert power.latency_outcomes(1000, 0.0, 6, (1.0,), 2.0, seed=21).fails <= 0.02


def test_what_is_too_noisy_to_see_does_not_pass(power):
    equal = power.latency_outcomes(300, 0.0, 3, (3.0,), None, seed=17)
    slower = power.latency_outcomes(300, 0.05, 3, (3.0,), None, seed=18)
    assert slower.fails < 0.5
    assert slower.passes == equal.passes == 0
    assert equal.blind > 0.4, "the rest warns"


@pytest.mark.slow
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


@pytest.mark.slow
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


def without_ranks(run):
    """The run as an rbench left it that recorded none."""
    quality = msgspec.structs.replace(run.records[0].quality, ranks="")
    write_records(
        run.folder / "records.jsonl", [msgspec.structs.replace(run.records[0], quality=quality)]
    )
    return read_run(run.folder)


def test_ranks_that_were_recorded_and_are_gone_fail(tmp_path):
    run, before = one_cell(tmp_path / "a"), one_cell(tmp_path / "b")
    run.artefact(run.records[0].quality.ranks).unlink()
    for new, old, whose in ((run, before, "its"), (before, run, "the baseline's")):
        (found,) = judge(LOSS, new, read_against(old.folder)).findings
        assert found.status == "fail"
        assert f"{whose} ranks cannot be judged" in found.message
        assert "is not there" in found.message


def test_where_one_side_never_had_ranks_the_intervals_decide(tmp_path):
    run, before = one_cell(tmp_path / "a"), one_cell(tmp_path / "b")
    baseline = Against(baseline_of(before))
    run.artefact(run.records[0].quality.ranks).unlink()
    old = without_ranks(before)
    pairs = (
        (run, baseline),
        (run, read_against(old.folder)),
        (old, Against(baseline_of(run), run)),
    )
    for new, against in pairs:
        (found,) = judge(LOSS, new, against).findings
        assert found.status == "pass"
        assert "by intervals, without ranks" in found.message
