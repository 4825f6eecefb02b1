"""Every limit that a budget can set x every way in which there is nothing to judge it by: it fails,
and says why. A limit that is added without a rule for missing evidence fails here.
"""

import shutil
from collections.abc import Callable

import msgspec
import pytest

from rbench.gate import parse_budget, read_against
from rbench.gate import rules as kinds
from rbench.gate.asked import checks
from rbench.gate.judge import judge
from rbench.gate.rules import CellRule, FileRule
from rbench.records import Record, StreamGain, StreamQuality, TapTiming
from rbench.records.run_folder import read_run, write_records
from rbench.testing.runs import example_run

replace = msgspec.structs.replace

TABLES = {
    "size": "size = {{ {} }}",
    "gzip": "gzip = {{ {} }}",
    "quality": 'quality."ndcg@10" = {{ {} }}',
    "latency": "latency = {{ {}, machine = '*', reference = {{ recipe = 'float32' }} }}",
    "delegation": "delegation = {{ {} }}",
    "learning": "learning = {{ {} }}",
    "tap": "tap = {{ {} }}",
}
"""Key of a rule -> a table with one limit of that kind."""
STRUCTS = {
    "size": kinds.SizeLimit,
    "gzip": kinds.SizeLimit,
    "quality": kinds.QualityLimit,
    "latency": kinds.LatencyLimit,
    "delegation": kinds.DelegationLimit,
    "learning": kinds.LearningLimit,
    "tap": kinds.TapLimit,
}
LAX = {
    **{"max": "1000000", "max_growth": "900.0", "max_drift": "900.0"},
    **{"min": "0.0", "max_loss": "1.0", "max_ratio": "1000.0", "max_us": "1e6"},
}
"""A failing level that any evidence keeps; that of a warning is the same."""
FLOORS = ("quality", "delegation", "learning")
"""Kinds whose ``warn`` is a least value."""
NO_LIMITS = {"drift_over", "reference", "machine", "must_see", "delegate"}
"""Fields that say how a limit is judged, and are none themselves."""


def limits_of(kind):
    """(field, TOML) of every limit of a kind."""
    for field in STRUCTS[kind].__struct_fields__:
        if field in NO_LIMITS:
            continue
        failing = field.replace("warn", "max", 1)
        value = LAX["min" if field == "warn" and kind in FLOORS else failing]
        whole = "min = 0.0, " if (kind, field) == ("delegation", "warn") else ""
        yield field, TABLES[kind].format(f"{whole}{field} = {value}")


EVERY = [(kind, field, text) for kind in STRUCTS for field, text in limits_of(kind)]
COMPARED = ("growth", "drift", "loss")


def test_every_table_of_a_rule_is_here():
    patterns = {"encoder", "recipe", "target", "optional"}
    assert set(CellRule.__struct_fields__) - patterns == set(STRUCTS)
    assert set(FileRule.__struct_fields__) - {"path", "optional"} <= set(STRUCTS)
    assert len(EVERY) >= 22


def budget(text, head='recipe = "dynamic_wi8"\ntarget = "xnnpack"\n'):
    return parse_budget(f"[[cells]]\n{head}{text}")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run in which every limit can be judged; tests copy it."""
    run = example_run(
        tmp_path_factory.mktemp("evidence") / "run",
        encoders=("gru",),
        recipes=("float32", "dynamic_wi8"),
        targets=("xnnpack",),
        users=30,
        samples=30,
    )
    gain = StreamGain(users=30, taps=90, frozen=0.1, learning=0.2, low=0.05, high=0.15)

    def told(record):
        rounds = record.timing.round_medians_us
        tap = TapTiming(median_us=rounds[0], round_medians_us=rounds, ratio=1.0)
        return replace(
            record,
            timing=replace(record.timing, tap=tap),
            quality=replace(record.quality, stream=StreamQuality(known=gain)),
        )

    write_records(run.folder / "records.jsonl", [told(record) for record in run.records])
    return run.folder


@pytest.mark.parametrize(("kind", "field", "text"), EVERY)
def test_with_its_evidence_each_limit_is_judged(whole, kind, field, text):
    verdict = judge(budget(text), read_run(whole), read_against(whole))
    assert verdict.exit_code == 0, verdict
    (found,) = verdict.findings
    assert found.check in checks(budget(text).cells[0])
    assert found.measured


def without(*keys):
    return lambda record: replace(record, **dict.fromkeys(keys))


def model(**changes):
    return lambda record: replace(record, model=replace(record.model, **changes))


def scored(**changes):
    def change(record):
        found = record.quality.metrics["ndcg@10"]
        metrics = {**record.quality.metrics, "ndcg@10": replace(found, **changes)}
        return replace(record, quality=replace(record.quality, metrics=metrics))

    return change


def ranked(name):
    return lambda record: replace(record, quality=replace(record.quality, ranks=name))


def timed(**changes):
    return lambda record: replace(record, timing=replace(record.timing, **changes))


def delegated(**changes):
    return lambda record: replace(record, delegation=replace(record.delegation, **changes))


ODD: dict[str, tuple[tuple[str, ...], Callable[[Record], Record]]] = {
    "no model": (tuple(STRUCTS), without("model")),
    "unsupported": (
        tuple(STRUCTS),
        lambda one: replace(one, state="unsupported", model=None, timing=None),
    ),
    "failed": (tuple(STRUCTS), lambda one: replace(one, state="failed", reason="x", model=None)),
    "skipped": (tuple(STRUCTS), lambda one: replace(one, state="skipped", model=None)),
    "no file": (tuple(STRUCTS), model(path="models/none.tflite")),
    "another file": (tuple(STRUCTS), model(sha256="0" * 64)),
    "a smaller size": (tuple(STRUCTS), model(size_bytes=1)),
    "a negative size": (tuple(STRUCTS), model(size_bytes=-5)),
    "a path with a NUL": (tuple(STRUCTS), model(path="\0")),
    "outside": (tuple(STRUCTS), model(path="/etc/hostname")),
    "no gzip size": (("gzip",), model(gzip_bytes=0)),
    "a negative gzip size": (("gzip",), model(gzip_bytes=-1)),
    "an impossible gzip size": (("gzip",), model(gzip_bytes=1)),
    "no quality": (("quality", "learning"), without("quality")),
    "no such metric": (
        ("quality",),
        lambda one: replace(one, quality=replace(one.quality, metrics={})),
    ),
    "a score beyond 1": (("quality",), scored(value=1.5, high=2.0)),
    "a negative score": (("quality",), scored(value=-0.5, low=-1.0)),
    "an interval upside down": (("quality",), scored(low=0.9, high=0.1)),
    "a score that its ranks deny": (("quality",), scored(value=0.999, low=0.9, high=1.0)),
    "ranks by no hash": (("quality",), ranked("../../etc/passwd")),
    "ranks of another file": (("quality",), lambda one: ranked(one.timing.samples)(one)),
    "no timing": (("latency", "tap"), without("timing")),
    "unstable": (("latency", "tap"), timed(verdict="unstable", reasons=("noise",))),
    "invalid": (("latency", "tap"), timed(verdict="invalid", reasons=("noise",))),
    "no rounds": (("latency", "tap"), timed(round_medians_us=())),
    "one round": (("latency", "tap"), timed(round_medians_us=(1.0,))),
    "a time of 0": (("latency", "tap"), timed(round_medians_us=(0.0, 1.0, 1.0))),
    "a negative time": (("latency", "tap"), timed(round_medians_us=(-1.0, 1.0, 1.0))),
    "no delegation": (("delegation",), without("delegation")),
    "another delegate": (("delegation",), delegated(delegate="gpu")),
    "no nodes": (("delegation",), delegated(nodes_total=0, nodes_delegated=0)),
    "more nodes than all": (("delegation",), delegated(nodes_delegated=10**6)),
    "negative nodes": (("delegation",), delegated(nodes_delegated=-1)),
    "a GPU in software": (("delegation",), delegated(software=True)),
}
"""What is odd with a record -> the kinds of limits that it leaves without evidence, and how."""


@pytest.mark.parametrize("odd", ODD)
def test_odd_records_pass_no_limit(whole, tmp_path, odd):
    kinds_hit, change = ODD[odd]
    run = _copy(whole, tmp_path, lambda one: change(one) if one.cell.recipe != "float32" else one)
    base = read_against(whole)
    for kind, field, text in EVERY:
        if kind not in kinds_hit:
            continue
        verdict = judge(budget(text), run, base)
        assert verdict.exit_code in (1, 2), (kind, field, verdict)
        loud = [one for one in verdict.findings if verdict.fails(one)]
        assert loud, (kind, field)
        assert all(one.message for one in loud)
        # and beside a limit that is kept
        both = budget(text + '\n[[cells]]\nrecipe = "float32"\nsize = { max = "1GB" }\n')
        assert judge(both, run, base).exit_code == 1, (kind, field)


def _twice(folder):
    records = read_run(folder).records
    write_records(folder / "records.jsonl", [*records[1:], *records[1:]])


RUNS: dict[str, Callable[[object], object]] = {
    "no run.json": lambda folder: (folder / "run.json").unlink(),
    "run.json of more cells": lambda folder: _info(folder, cells=3),
    "run.json of fewer cells": lambda folder: _info(folder, cells=1),
    "run.json of no cells": lambda folder: _info(folder, cells=0),
    "a cell twice": _twice,
    "no records": lambda folder: (folder / "records.jsonl").write_bytes(b""),
    "ranks rewritten": lambda folder: _rewrite(folder, b"PK\x03\x04"),
    "ranks cut": lambda folder: _rewrite(folder, b""),
}


@pytest.mark.parametrize("odd", RUNS)
def test_odd_runs_pass_no_limit(whole, tmp_path, odd):
    shutil.copytree(whole, tmp_path / "run")
    RUNS[odd](tmp_path / "run")
    run = read_run(tmp_path / "run")
    for kind, field, text in EVERY:
        if odd.startswith("ranks") and kind != "quality":
            continue
        verdict = judge(budget(text), run, read_against(whole))
        assert verdict.exit_code in (1, 2), (kind, field, verdict)
        assert any(verdict.fails(one) for one in verdict.findings), (kind, field)


BASES: dict[str, Callable[[Record], Record]] = {
    "another log": lambda one: replace(one, data="f" * 64),
    "no checksum": lambda one: replace(one, data=""),
    "a score beyond 1": scored(value=1.5, high=2.0),
    "a score of 0": scored(value=0.0, low=0.0, high=0.0),
    "no such metric": lambda one: replace(one, quality=replace(one.quality, metrics={})),
    "no quality": without("quality"),
    "a size of 0": model(size_bytes=0, gzip_bytes=0),
    "a negative size": model(size_bytes=-5, gzip_bytes=-5),
    "another model": lambda one: replace(one, cell=replace(one.cell, encoder="bow")),
    "failed": lambda one: replace(one, state="failed", reason="x", model=None),
}
SIZES = {"a size of 0", "a negative size", "another model", "failed"}
SCORES = set(BASES) - {"a size of 0", "a negative size"}


@pytest.mark.parametrize("odd", [*BASES, "none"])
def test_odd_baselines_pass_no_comparison(whole, tmp_path, odd):
    against = None
    if odd != "none":
        _copy(whole, tmp_path, BASES[odd])
        against = read_against(tmp_path / "run")
    for kind, field, text in EVERY:
        if not any(word in field for word in COMPARED):
            continue
        if odd != "none" and odd not in (SCORES if kind == "quality" else SIZES):
            continue
        verdict = judge(budget(text), read_run(whole), against)
        assert verdict.exit_code in (1, 2), (kind, field, verdict)
        assert any(verdict.fails(one) for one in verdict.findings), (kind, field)


def test_another_ranking_is_another_question(whole, tmp_path):
    for name, filtered in (("run", False), ("base", True)):
        shutil.copytree(whole, tmp_path / name)
        _info(tmp_path / name, details={"history": {"filtered": filtered, "reason": "asked"}})
    limits = budget('quality."ndcg@10" = { max_loss = "100%" }')
    verdict = judge(limits, read_run(tmp_path / "run"), read_against(tmp_path / "base"))
    assert verdict.exit_code == 2
    said = "the history is not filtered here, and was filtered in the baseline"
    assert verdict.findings[0].message == said


def _copy(whole, tmp_path, change):
    shutil.copytree(whole, tmp_path / "run")
    records = [change(record) for record in read_run(whole).records]
    write_records(tmp_path / "run/records.jsonl", records)
    return read_run(tmp_path / "run")


def _info(folder, **changes):
    from rbench.records.run_folder import write_info

    write_info(folder / "run.json", replace(read_run(folder).info, **changes))


def _rewrite(folder, content):
    for record in read_run(folder).records:
        (folder / f"artefacts/{record.quality.ranks}.npz").write_bytes(content)
