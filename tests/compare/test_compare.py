"""Two runs held against each other: known answers, and a reason for all that cannot be compared."""

import hashlib
import io
import math
import shutil
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest

from rbench.compare import Comparison, Difference, Unlike, compare
from rbench.compare.comparison import Side
from rbench.metrics.found import HEADLINE, gains
from rbench.records import CellName, Estimate, Machine, Run
from rbench.stats import minimum_detectable_loss
from rbench.testing.runs import example_run

GRID = {"encoders": ("bow", "gru"), "recipes": ("float32", "dynamic_wi8"), "users": 600}


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    return example_run(tmp_path_factory.mktemp("old"), **GRID)


@pytest.fixture(scope="module")
def new(tmp_path_factory):
    return example_run(tmp_path_factory.mktemp("new"), seed=2, **GRID)


def edited(run, edit, **info):
    """A run with every record passed through a function."""
    return Run(
        folder=run.folder,
        info=msgspec.structs.replace(run.info, **info),
        records=tuple(edit(record) for record in run.records),
    )


def replace(document, **fields):
    return msgspec.structs.replace(document, **fields)


def only(comparison, metric, subject=""):
    found = [one for one in comparison.differences if one.metric == metric]
    return [one for one in found if one.subject.startswith(subject)]


def timed(factor):
    """All rounds of a cell slower by a factor."""

    def edit(record):
        timing = record.timing
        rounds = tuple(factor * median for median in timing.round_medians_us)
        timing = replace(timing, round_medians_us=rounds, median_us=factor * timing.median_us)
        return replace(record, timing=timing)

    return edit


def test_a_run_is_unchanged_against_itself(old):
    found = compare(old, old)
    assert {one.verdict for one in found.differences} == {"unchanged"}
    assert len(only(found, "latency")) == 8
    assert len(only(found, "size")) == len(only(found, "ndcg@10")) == 4
    assert {one.change for one in found.differences} == {0.0}
    assert found.unlike == found.notes == ()
    assert found.sight.startswith("users=600: a loss of ndcg@10 below ")
    assert found.comparable


def test_sizes_are_exact(old):
    def larger(record):
        model = replace(record.model, size_bytes=record.model.size_bytes + 1)
        return replace(record, model=replace(model, gzip_bytes=model.gzip_bytes - 5000))

    found = compare(old, edited(old, larger))
    for one in only(found, "size"):
        assert (one.verdict, one.after - one.before, one.low) == ("worse", 1, None)
    for one in only(found, "gzip"):
        assert (one.verdict, one.before - one.after) == ("better", 5000)


def test_a_compressed_size_that_hardly_moves_is_unchanged(old):
    def edit(record):
        gzip = record.model.gzip_bytes
        return replace(record, model=replace(record.model, gzip_bytes=gzip + gzip // 2000))

    for one in only(compare(old, edited(old, edit)), "gzip"):
        assert (one.verdict, one.reason) == ("unchanged", "by less than 0.1%")


def test_five_percent_slower_is_worse_and_the_interval_holds_it(old):
    found = compare(old, edited(old, timed(1.05)))
    for one in only(found, "latency"):
        assert one.verdict == "worse"
        assert one.change == pytest.approx(0.05)
        assert 0 < one.low < 0.05 < one.high
        assert one.reason.startswith("medians of 3 and 3 rounds")
        assert one.high - one.change < one.visible < 0.1
    assert compare(edited(old, timed(1.05)), old).summary.startswith("8 better")


def test_half_a_percent_is_within_noise(old):
    for one in only(compare(old, edited(old, timed(1.005))), "latency"):
        assert one.verdict == "unchanged"
        assert one.low < 0
        assert one.high > 0.005


def test_what_all_cells_share_is_said_to_be_the_machine_s(old):
    notes = compare(old, edited(old, timed(1.05))).notes
    assert notes[0].startswith("all 4 latencies on cpu are worse, +5 % in the median")
    assert notes[-1].startswith("8 of 8 cells with the same file in both runs were told apart")


def spoilt(run, share, folder):
    """The same run, but ``share`` of gru's users lost their target."""
    (folder / "artefacts").mkdir()
    for path in (run.folder / "artefacts").iterdir():
        (folder / "artefacts" / path.name).write_bytes(path.read_bytes())

    def edit(record):
        if record.cell.encoder != "gru":
            return record
        with np.load(run.artefact(record.quality.ranks)) as file:
            ranks = file["ranks"].copy()
        ranks[: int(share * len(ranks))] = 0
        content = io.BytesIO()
        np.savez(content, ranks=ranks)
        name = hashlib.sha256(content.getvalue()).hexdigest()
        (folder / "artefacts" / f"{name}.npz").write_bytes(content.getvalue())
        metrics = {
            metric: replace(found, value=float(gains(metric, ranks).mean()))
            for metric, found in record.quality.metrics.items()
        }
        return replace(record, quality=replace(record.quality, ranks=name, metrics=metrics))

    return replace(edited(run, edit), folder=folder)


def test_lost_users_make_the_quality_worse_user_by_user(old, tmp_path):
    after = spoilt(old, 0.4, tmp_path)
    found = compare(old, after)
    for one in only(found, "ndcg@10"):
        if one.encoder == "bow":
            assert (one.verdict, one.low, one.high) == ("unchanged", 0.0, 0.0)
            continue
        assert one.verdict == "worse"
        assert one.change == pytest.approx(one.after / one.before - 1)
        assert one.low < one.change < one.high < 0
        assert one.reason == "600 users, each held to itself"
        assert 0 < one.visible < 0.6
    assert {one.verdict for one in only(compare(after, old), "ndcg@10", "gru")} == {"better"}


def test_the_interval_is_that_of_a_paired_bootstrap(old, new):
    """At 95 %, for one question: 4,000 resamples of the users, both ranks of a user together."""
    one = only(compare(old, new, false_alarms=0.05 * 20), "ndcg@10", "gru x float32")[0]
    pair = [
        gains("ndcg@10", np.load(run.artefact(record.quality.ranks))["ranks"])
        for run in (old, new)
        for record in run.records
        if str(record.cell) == "gru x float32 x cpu"
    ]
    drawn = np.random.default_rng(1).integers(0, 600, size=(4000, 600))
    changes = pair[1][drawn].mean(axis=1) / pair[0][drawn].mean(axis=1) - 1
    low, high = np.percentile(changes, (2.5, 97.5))
    assert one.low == pytest.approx(low, abs=0.01)
    assert one.high == pytest.approx(high, abs=0.01)
    assert high - low > 0.1


def test_the_smallest_loss_that_shows_is_that_of_the_comparison_s_own_level(old, new):
    """20 uncertain differences share the false alarms: 12 scores, and as many latencies."""
    alike = ("gru", "float32", "cpu")
    pair = [
        gains("ndcg@10", np.load(run.artefact(record.quality.ranks))["ranks"])
        for run in (old, new)
        for record in run.records
        if (record.cell.encoder, record.cell.recipe, record.cell.target) == alike
    ]
    for false_alarms in (0.05, 0.5):
        found = compare(old, new, false_alarms=false_alarms)
        one = only(found, "ndcg@10", "gru x float32")[0]
        asked = sum(len(only(found, metric)) for metric in (*HEADLINE, "latency"))
        assert asked == 20
        expected = minimum_detectable_loss(*pair, false_alarms / 2 / asked)
        assert one.visible == pytest.approx(expected, rel=1e-12)


def test_scores_whose_ranks_are_another_files_are_not_compared(old, new, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(new.folder, folder)
    for path in (folder / "artefacts").iterdir():
        path.write_bytes(b"PK\x03\x04 torn")
    found = only(compare(old, replace(new, folder=folder)), "ndcg@10")
    assert {one.verdict for one in found} == {"not comparable"}
    assert all("is not the file that was recorded" in one.reason for one in found)
    assert all(one.reason.startswith("in B: ") for one in found)


def test_without_ranks_the_intervals_are_what_is_left(old, new, tmp_path):
    found = only(compare(old, replace(new, folder=tmp_path)), "ndcg@10")
    assert {one.reason for one in found} == {"by the two intervals: ranks of the users are missing"}
    wide = only(compare(old, new), "ndcg@10")
    assert all(one.high > other.high for one, other in zip(found, wide, strict=True))
    assert all(one.low <= one.change <= one.high for one in found)


def test_without_ranks_a_loss_beyond_both_intervals_is_one(old, new, tmp_path):
    """From 0.40 to 0.20, each within 0.01: half is lost, give or take 3 points."""

    def scoring(run, value):
        metrics = {"ndcg@10": Estimate(value=value, low=value - 0.01, high=value + 0.01)}
        return replace(
            run,
            folder=tmp_path,
            records=[
                replace(one, quality=replace(one.quality, metrics=metrics)) for one in run.records
            ],
        )

    before, after = scoring(old, 0.4), scoring(new, 0.2)
    (one,) = only(compare(before, after), "ndcg@10", "gru x float32")
    assert (one.verdict, one.change) == ("worse", pytest.approx(-0.5))
    assert -0.56 < one.low < -0.5 < one.high < -0.44
    assert {one.verdict for one in only(compare(before, before), "ndcg@10")} == {"unchanged"}


OTHER = Machine(name="x", cpu="y", cores=1, memory_bytes=1, system="z", python="3")
UNLIKE = {
    "machine": (
        "latency",
        lambda record: replace(record, machine=OTHER),
        "timed on another machine: name made-up, then x",
    ),
    "no machine": (
        "latency",
        lambda record: replace(record, machine=None),
        "the machine is not known",
    ),
    "runtime": (
        "latency",
        lambda record: replace(record, versions={"ai-edge-litert": "2.2.0"}),
        "timed with another ai-edge-litert: 2.1.0, then 2.2.0",
    ),
    "protocol": (
        "latency",
        lambda record: replace(record, settings={"profile": {"warmup_runs": 3}}),
        "another profile setting: contexts 256, then None",
    ),
    "unstable": (
        "latency",
        lambda record: replace(
            record, timing=replace(record.timing, verdict="unstable", reasons=("a fan",))
        ),
        "in B: its timing is unstable: a fan",
    ),
    "one round": (
        "latency",
        lambda record: replace(record, timing=replace(record.timing, round_medians_us=(1.0,))),
        "in B: timed in one round: chance cannot be told, 2 or more are needed",
    ),
    "simulated": (
        "latency",
        lambda record: replace(record, delegation=replace(record.delegation, software=True)),
        "in B: ran on a GPU that the CPU simulates, which is no latency",
    ),
    "split": (
        "ndcg@10",
        lambda record: replace(record, data="another" * 9),
        "scored on another split of the data: ",
    ),
    "no split": (
        "ndcg@10",
        lambda record: replace(record, data=""),
        "the split of the data is not known",
    ),
    "users": (
        "ndcg@10",
        lambda record: replace(record, quality=replace(record.quality, users=7)),
        "scored on 600 users, then on 7",
    ),
    "unscored": ("ndcg@10", lambda record: replace(record, quality=None), "in B: no ndcg@10"),
    "no share": (
        "ndcg@10",
        lambda record: replace(
            record,
            quality=replace(
                record.quality, metrics={"ndcg@10": Estimate(value=1e300, low=-1e308, high=1e308)}
            ),
        ),
        "a score or its interval that does not lie between 0 and 1",
    ),
    "beyond reckoning": (
        "latency",
        lambda record: replace(
            record, timing=replace(record.timing, round_medians_us=(1.7e308, 1.7e308, 1e200))
        ),
        "in B: a round's median is no time",
    ),
    "no model": ("size", lambda record: replace(record, model=None), "in B: no model file"),
    "untimed": ("latency", lambda record: replace(record, timing=None), "in B: not timed"),
}


@pytest.mark.parametrize("case", UNLIKE)
def test_what_was_not_come_by_alike_says_why(old, case):
    metric, edit, reason = UNLIKE[case]
    found = only(compare(old, edited(old, edit)), metric)
    assert len(found) in (4, 8)
    for one in found:
        assert one.verdict == "not comparable"
        assert one.reason.startswith(reason)
        assert one.change is one.low is one.high is None, "never a bare difference"


def test_failed_cells_say_it_and_are_worse(old, tmp_path):
    failed = example_run(tmp_path, states={("gru", "float32", "cpu"): "failed"}, **GRID)
    found = compare(old, failed)
    (one,) = only(found, "state")
    assert (one.subject, one.verdict) == ("gru x float32 x cpu", "worse")
    assert one.reason.startswith("ok, then failed: the process ended with signal 11")
    assert [one.subject for one in only(compare(failed, old), "state")] == ["gru x float32 x cpu"]
    assert only(compare(failed, old), "state")[0].verdict == "better"


def test_threads_are_part_of_a_cell_s_name(old):
    def threads(record):
        return replace(record, cell=replace(record.cell, target=record.cell.target + "@2"))

    found = compare(old, edited(old, threads))
    alone = only(found, "cell")
    assert {one.verdict for one in alone} == {"not comparable"}
    assert {one.reason for one in alone if one.target.endswith("@2")} == {"only B has this cell"}
    assert {one.reason for one in alone if not one.target.endswith("@2")} == {
        "only A has this cell"
    }
    assert not only(found, "latency")
    assert len(only(found, "size")) == 4, "files know no threads"


def test_nothing_in_common_is_nothing_comparable(old):
    other = edited(old, lambda r: replace(r, cell=CellName(encoder="x", recipe="y", target="cpu")))
    found = compare(old, other)
    assert not found.comparable
    assert {one.metric for one in found.differences} == {"cell"}


def test_runs_say_in_what_they_differ(old):
    data = replace(old.info.data, checksum="f" * 64)
    other = edited(
        old, lambda r: r, study="else", data=data, machine=OTHER, versions={"numpy": "1"}
    )
    facts = {one.what: one for one in compare(old, other).unlike}
    assert set(facts) == {
        *("study", "data", "machine"),
        *(
            "version of ai-edge-litert",
            "version of numpy",
            "version of python",
            "version of rbench",
        ),
    }
    assert facts["data"].after == "made-up, split ffffffffffff"
    assert facts["machine"].effect == "latencies are not compared"
    assert facts["version of ai-edge-litert"].after == "not recorded"


def test_left_behind_nodes_are_counted(old):
    def left(record):
        return replace(record, delegation=replace(record.delegation, nodes_delegated=0))

    found = only(compare(old, edited(old, left)), "not delegated")
    assert [one.target for one in found] == ["xnnpack"] * 4
    assert {one.verdict for one in found} == {"worse"}
    assert found[0].reason.startswith("6 of 7 nodes delegated, then 0 of 7")


@pytest.mark.parametrize("value", [0.0, -1.0, math.inf])
def test_times_that_are_none_are_not_compared(old, value):
    def edit(record):
        return replace(record, timing=replace(record.timing, round_medians_us=(value, 1.0)))

    for one in only(compare(old, edited(old, edit)), "latency"):
        assert one.reason == "in B: a round's median is no time"


@pytest.mark.slow
def test_equal_runs_are_rarely_called_different(tmp_path):
    """40 pairs of made-up runs, 5 files each; more are simulated in benchmarks/quality_power.py."""
    grid = {"encoders": ("bow",), "recipes": ("float32",), "users": 200, "samples": 90}
    runs = [example_run(tmp_path / str(seed), seed=seed, **grid) for seed in range(41)]
    pairs = [compare(*pair) for pair in pairwise(runs)]
    assert sum(bool(one.of("worse") or one.of("better")) for one in pairs) <= 2


@pytest.mark.parametrize("kind", [Comparison, Difference, Unlike, Side])
def test_every_key_is_described(kind):
    page = (Path(__file__).parents[2] / "docs/file-formats.md").read_text("utf-8")
    section = page.partition("## A comparison")[2]
    assert [key for key in kind.__struct_fields__ if f"`{key}`" not in section] == []
