"""Every kind of limit x pass, warn, fail, missing, not comparable: exit code and message.

Each row is a run with one model that matters, `gru x dynamic_wi8`, its reference
`gru x float32`, a budget, and perhaps a baseline; it goes through the command line.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import pytest

from rbench.cli import main
from rbench.records import Estimate, Record
from rbench.records.run_folder import read_run, write_records
from rbench.testing.runs import example_run

replace = msgspec.structs.replace
SAME = {"encoders": ("gru",), "recipes": ("float32", "dynamic_wi8"), "users": 200, "samples": 60}
PAIR = ("gru", "dynamic_wi8")


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    budget: str
    """TOML of the rule for the model, or of a whole budget if it starts with a bracket."""
    code: int
    says: str
    """A part of the output."""
    size: int = 1000
    change: Callable[[Record], Record] = lambda record: record
    """What is done to the records of the model."""
    reference: Callable[[Record], Record] = lambda record: record
    """What is done to the records of the reference."""
    before: tuple[int, ...] = ()
    """Sizes in the baselines before, for a baseline file; the last is the present one."""
    against: str = ""
    """``run``: a run of the same name is the baseline; ``file``: the file, see `before`."""
    base: Callable[[Record], Record] = lambda record: record
    """What is done to the records of the baseline."""


def scored(value, low=None, high=None):
    found = Estimate(value=value, low=value if low is None else low, high=high or value)

    def change(record):
        metrics = {**record.quality.metrics, "ndcg@10": found}
        return replace(record, quality=replace(record.quality, metrics=metrics, ranks=""))

    return change


def zipped(size):
    return lambda record: replace(record, model=replace(record.model, gzip_bytes=size))


def timed(*rounds, **changes):
    def change(record):
        timing = replace(record.timing, round_medians_us=rounds, **changes)
        return replace(record, timing=timing)

    return change


def without(key):
    return lambda record: replace(record, **{key: None})


def delegated(nodes, **changes):
    def change(record):
        found = replace(record.delegation, delegate="xnnpack", nodes_total=10)
        return replace(record, delegation=replace(found, nodes_delegated=nodes, **changes))

    return change


def elsewhere(record):
    return replace(record, data="f" * 64)


def unsupported(record):
    return replace(record, state="unsupported", timing=None, model=None)


def machine(name):
    return lambda record: replace(record, machine=replace(record.machine, name=name))


def both(*changes):
    def change(record):
        for one in changes:
            record = one(record)
        return record

    return change


ONE = '[[cells]]\nrecipe = "dynamic_wi8"\n'
SIZE = 'size = { warn = "1100B", max = "1200B" }'
GZIP = 'gzip = { warn = "1100B", max = "1200B" }'
GROWTH = 'size = { warn_growth = "2%", max_growth = "10%" }'
GZIP_GROWTH = 'gzip = { warn_growth = "2%", max_growth = "10%" }'
DRIFT = 'size = { warn_drift = "5%", max_drift = "10%", drift_over = 3 }'
FLOOR = 'quality."ndcg@10" = { min = 0.2, warn = 0.25 }'
LOSS = 'quality."ndcg@10" = { max_loss = "10%", warn_loss = "2%" }'
RATIO = 'latency = { warn_ratio = 0.9, max_ratio = 1.0, reference = { recipe = "float32" } }'
TIME = 'latency = { warn_us = 90.0, max_us = 100.0, machine = "made-*" }'
ALL = 'target = "xnnpack"\ndelegation = { min = "80%", warn = "100%" }'
QUIET = (100.0, 100.2, 99.8)
NOISY = {"verdict": "unstable", "reasons": ("rounds disagree by 31 %",)}

TABLE = [
    # size, absolute
    Row("size passes", SIZE, 0, "gate: pass (1 passed)"),
    Row("size at its warning level passes", SIZE, 0, "gate: pass (1 passed)", size=1100),
    Row("size warns", SIZE, 0, "gate: warn (1 warned)", size=1101),
    Row("size at its limit warns", SIZE, 0, "1,200  1,100  -100  bytes", size=1200),
    Row("size fails", SIZE, 1, "gate: fail (1 failed)", size=1201),
    Row("size without a file", SIZE, 1, "gru/dynamic_wi8.tflite is missing", size=0),
    Row("size of no model", SIZE, 1, "names no model file", change=without("model")),
    Row("size of what cannot be", SIZE, 2, "gate: nothing measured", change=unsupported),
    # gzip, absolute
    Row("gzip passes", GZIP, 0, "gate: pass (1 passed)", change=zipped(1100)),
    Row("gzip warns", GZIP, 0, "gate: warn (1 warned)", change=zipped(1101)),
    Row("gzip fails", GZIP, 1, "gate: fail (1 failed)", change=zipped(1201)),
    # size, relative
    Row("growth passes", GROWTH, 0, "gate: pass", size=1020, against="run"),
    Row("growth warns", GROWTH, 0, "gate: warn", size=1050, against="run"),
    Row("growth fails", GROWTH, 1, "11.00  10.00  -1.00  %", size=1110, against="run"),
    Row("a smaller file passes", GROWTH, 0, "-50.00", size=500, against="run"),
    Row("growth from a file", GROWTH, 1, "gate: fail", size=1110, before=(1000,), against="file"),
    Row("growth without a baseline", GROWTH, 2, "no baseline: name one with --against"),
    Row("growth of what is new", GROWTH, 2, "not in the baseline", against="file"),
    Row("gzip growth passes", GZIP_GROWTH, 0, "gate: pass", against="run"),
    Row("gzip growth fails", GZIP_GROWTH, 1, "gzip growth", change=zipped(10**6), against="run"),
    # size, drift
    Row("drift passes", DRIFT, 0, "drift", size=1050, before=(1000, 1040), against="file"),
    Row("drift warns", DRIFT, 0, "gate: warn", size=1090, before=(1000, 1080), against="file"),
    Row("drift fails", DRIFT, 1, "gate: fail", size=1110, before=(1000, 1090), against="file"),
    Row(
        "drift looks back so far and no further",
        DRIFT,
        0,
        "gate: pass",
        size=1110,
        before=(1000, 1090, 1100, 1105),
        against="file",
    ),
    Row("drift over one", DRIFT, 1, "gate: fail", size=1101, before=(1000,), against="file"),
    Row("drift without a baseline", DRIFT, 2, "no baseline: name one with --against"),
    # quality, absolute
    Row("a floor passes", FLOOR, 0, "gate: pass", change=scored(0.26, 0.24, 0.28)),
    Row("a floor warns by its level", FLOOR, 0, "gate: warn", change=scored(0.22, 0.21, 0.23)),
    Row(
        "a floor warns where it may be chance",
        FLOOR,
        0,
        "0.1900 of 0.2000: 0.0100 too little, which may be chance",
        change=scored(0.19, 0.17, 0.21),
    ),
    Row("a floor fails", FLOOR, 1, "too little", change=scored(0.18, 0.17, 0.19)),
    Row("a floor without scores", FLOOR, 1, "has no ndcg@10", change=without("quality")),
    Row("a floor of another metric", FLOOR.replace("@10", "@50"), 1, "its record has no ndcg@50"),
    # quality, relative; without ranks, by the intervals
    Row("a loss passes", LOSS, 0, "gate: pass", against="run"),
    Row(
        "a loss warns where it may be chance",
        LOSS,
        0,
        "20 % of the baseline's 0.3000 lost (by intervals, without ranks), limit 10 %: "
        "10 % too much, which may be chance",
        change=scored(0.24, 0.19, 0.29),
        base=scored(0.30, 0.25, 0.35),
        against="run",
    ),
    Row(
        "a loss warns by its level",
        LOSS,
        0,
        "limit 2 % (warning level)",
        change=scored(0.285, 0.284, 0.286),
        base=scored(0.3, 0.299, 0.301),
        against="run",
    ),
    Row(
        "a loss fails",
        LOSS,
        1,
        "20 % of the baseline's 0.3000 lost",
        change=scored(0.24, 0.239, 0.241),
        base=scored(0.30, 0.299, 0.301),
        against="run",
    ),
    Row("a loss without scores", LOSS, 1, "no ndcg@10", change=without("quality"), against="run"),
    Row("a loss without a baseline", LOSS, 2, "no baseline: name one with --against"),
    Row("a loss on another split", LOSS, 2, "another split", change=elsewhere, against="run"),
    Row("a loss of what is new", LOSS, 2, "not in the baseline", against="file"),
    # latency, relative
    Row(
        "a ratio passes",
        RATIO,
        0,
        "gate: pass (2 passed)",
        change=timed(80.0, 80.2, 79.8),
        reference=timed(*QUIET),
    ),
    Row(
        "a ratio warns by its level",
        RATIO,
        0,
        "gate: warn (2 warned)",
        change=timed(95.0, 95.1, 94.9),
        reference=timed(*QUIET),
    ),
    Row(
        "a ratio warns where it may be chance",
        RATIO,
        0,
        "too much, which may be chance",
        change=timed(100.0, 104.0, 100.0),
        reference=timed(*QUIET),
    ),
    Row(
        "a ratio fails",
        RATIO,
        1,
        "gate: fail (2 failed)",
        change=timed(105.0, 105.2, 104.8),
        reference=timed(*QUIET),
    ),
    Row("a ratio without a timing", RATIO, 1, "has no timing", change=without("timing")),
    Row(
        "a ratio without its reference",
        RATIO.replace("float32", "float16"),
        1,
        "the reference gru x float16 x cpu is not in this run",
    ),
    Row("a ratio to what was not timed", RATIO, 1, "has no timing", reference=without("timing")),
    Row("a ratio to what cannot be", RATIO, 2, "is unsupported", reference=unsupported),
    Row(
        "a ratio of unstable times",
        RATIO,
        2,
        "its timing is unstable: rounds disagree by 31 %",
        change=timed(*QUIET, **NOISY),
    ),
    Row("a ratio of one round", RATIO, 2, "2 or more are needed", change=timed(100.0)),
    Row("a ratio over two machines", RATIO, 2, "another machine", change=machine("made-up-2")),
    Row(
        "a ratio over two runtimes",
        RATIO,
        2,
        "another version of ai-edge-litert",
        change=lambda record: replace(record, versions={"ai-edge-litert": "3"}),
    ),
    # latency, absolute
    Row("a time passes", TIME, 0, "gate: pass", change=timed(80.0, 80.2, 79.8)),
    Row("a time warns by its level", TIME, 0, "gate: warn", change=timed(95.0, 95.1, 94.9)),
    Row("a time warns by chance", TIME, 0, "may be chance", change=timed(97.0, 108.0, 97.0)),
    Row("a time fails", TIME, 1, "gate: fail", change=timed(120.0, 120.2, 119.8)),
    Row("a time without a timing", TIME, 1, "has no timing", change=without("timing")),
    Row("a time elsewhere", TIME, 2, "timed on phone", change=machine("phone")),
    # delegation
    Row("delegation passes", ALL, 0, "gate: pass (1 passed)", change=delegated(10)),
    Row("delegation warns", ALL, 0, "gate: warn (1 warned)", change=delegated(9)),
    Row("delegation fails", ALL, 1, "70.00  80.00  -10.00  %", change=delegated(7)),
    Row("delegation unknown", ALL, 1, "does not say", change=without("delegation")),
    Row("delegation in software", ALL, 2, "simulated", change=delegated(10, software=True)),
    Row("delegation of another", ALL, 2, "tells of 'gpu'", change=delegated(10, delegate="gpu")),
    # rules and strictness
    Row("a rule that nothing matches", 'target = "gpu"\n' + SIZE, 1, "no cell of this run matches"),
    Row(
        "a rule that nothing need match",
        'target = "gpu"\noptional = true\n' + SIZE,
        2,
        "cells[0] matches no cell, and may",
    ),
    Row(
        "what cannot be compared fails beside what passes",
        f"{ONE}{GROWTH}\n{ONE}{SIZE}",
        1,
        "gate: fail (1 passed, 1 not comparable)",
    ),
    Row(
        "what cannot be compared is let by",
        f"strict = false\n{ONE}{GROWTH}\n{ONE}{SIZE}",
        0,
        "gate: pass (1 passed, 1 not comparable)",
    ),
    Row(
        "a limit that nothing met fails beside what passes",
        f'{ONE}{SIZE}\n[[cells]]\nrecipe = "float32"\n{RATIO}',
        1,
        "float32 x *: latency ratio: no cell that it matches could be asked",
    ),
    Row(
        "a limit that nothing need meet",
        f'{ONE}{SIZE}\n[[cells]]\nrecipe = "float32"\noptional = true\n{RATIO}',
        0,
        "gate: pass (1 passed)",
    ),
    Row(
        "a time of one of several machines",
        f"{ONE}{SIZE}\n[[cells]]\noptional = true\n{TIME}",
        0,
        "gate: pass (1 passed)",
        change=machine("phone"),
        reference=machine("phone"),
    ),
]


def test_the_table_is_long():
    assert len(TABLE) >= 40
    assert len({row.name for row in TABLE}) == len(TABLE)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_truth(row, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    run = _run(tmp_path / "run", row.change, row.reference, row.size or 1000)
    if not row.size:
        (run / "models/gru/dynamic_wi8.tflite").unlink()
    budget = tmp_path / "budget.toml"
    head = "" if "[[" in row.budget else ONE
    budget.write_text(head + row.budget)
    more = []
    if row.against == "run":
        more = ["--against", _run(tmp_path / "base", row.base, lambda one: one, 1000)]
    elif row.against == "file":
        more = ["--against", _file(tmp_path / "baseline.json", row.before)]
    code = _gate(run, "--budget", budget, *more)
    said = capsys.readouterr()
    assert code == row.code, said
    assert row.says in said.out
    for kind in ("json", "markdown", "junit", "github"):
        assert _gate(run, "--budget", budget, *more, "--format", kind) == row.code
    capsys.readouterr()


def _run(folder, change, reference, size):
    run = example_run(folder, **SAME, size_bytes={PAIR: size})
    changes = {"dynamic_wi8": change, "float32": reference}
    records = [changes[record.cell.recipe](record) for record in run.records]
    write_records(folder / "records.jsonl", records)
    return read_run(folder).folder


def _file(path, sizes):
    history = [
        {"created": f"2026-01-{day:02}T00:00:00Z", "size_bytes": size, "gzip_bytes": size}
        for day, size in enumerate(sizes, start=1)
    ]
    marks = {"size_bytes": sizes[-1], "gzip_bytes": sizes[-1], "history": history} if sizes else {}
    models = {"gru x dynamic_wi8": marks} if marks else {}
    path.write_text(json.dumps({"schema": 1, "created": "", "study": "", "models": models}))
    return path


def _gate(*arguments):
    with pytest.raises(SystemExit) as caught:
        main(["gate", *map(str, arguments)])
    return caught.value.code
