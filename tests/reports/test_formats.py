"""Reports and comparisons in every format: read by pandas, broken by no name."""

import csv
import io
import json
import math
import sys

import msgspec
import pandas as pd
import pytest

from rbench import installed, plugins
from rbench.compare import compare
from rbench.errors import PluginError, RecordError
from rbench.records import Machine, Record
from rbench.records.run_folder import read_run, write_records
from rbench.testing.runs import example_run
from rbench_reports.csv_rows import guarded

FORMATS = ("html", "markdown", "json", "csv")
EVIL = (
    '<script>alert("1")</script>|`x`\n# =cmd|"/c calc"!A1 {{ 7 * 7 }} ${x} [a](http://b) \u2028 é'
)


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    return example_run(tmp_path_factory.mktemp("other"), seed=2)


def test_ours_are_plug_ins():
    assert set(FORMATS) <= set(plugins.names(plugins.REPORTS))
    assert [plugins.report(name).suffix for name in FORMATS] == [".html", ".md", ".json", ".csv"]


def flat(record):
    """Dotted keys -> values, by pandas' own hand."""
    return pd.json_normalize(msgspec.to_builtins(record)).iloc[0].to_dict()


@pytest.mark.parametrize("kind", ["json", "csv"])
def test_pandas_reads_the_records_in_one_line(run, tmp_path, kind):
    path = tmp_path / f"report.{kind}"
    path.write_text(plugins.report(kind).render(run), encoding="utf-8")
    frame = pd.read_json(path, precise_float=True) if kind == "json" else pd.read_csv(path)
    assert len(frame) == len(run.records)
    numbers = 0
    for record, (_, row) in zip(run.records, frame.iterrows(), strict=True):
        for key, value in flat(record).items():
            if isinstance(value, bool) or not isinstance(value, int | float):
                continue
            assert row[key] == value or (math.isnan(row[key]) and math.isnan(value)), key
            numbers += 1
        assert row["cell.encoder"] == record.cell.encoder
    assert numbers > 1000
    rounds = frame["timing.round_medians_us"].dropna().iloc[-1]
    rounds = json.loads(rounds) if kind == "csv" else rounds
    assert tuple(rounds) == run.records[-1].timing.round_medians_us


@pytest.mark.parametrize("kind", ["json", "csv"])
def test_pandas_reads_the_comparison_in_one_line(run, other, tmp_path, kind):
    found = compare(other, run)
    path = tmp_path / f"compare.{kind}"
    path.write_text(plugins.comparing(kind).compare(found), encoding="utf-8")
    if kind == "csv":
        frame = pd.read_csv(path)
    else:
        frame = pd.DataFrame(json.loads(path.read_text("utf-8"))["differences"])
    assert len(frame) == len(found.differences)
    for one, (_, row) in zip(found.differences, frame.iterrows(), strict=True):
        for key in ("before", "after", "change", "low", "high", "visible"):
            value = getattr(one, key)
            assert math.isnan(row[key]) if value is None else row[key] == value
        assert (row["verdict"], row["metric"]) == (one.verdict, one.metric)


def test_markdown_says_what_to_ship_and_every_cell(run):
    text = plugins.report("markdown").render(run)
    assert text.startswith("# example\n")
    for record in run.records:
        assert f"| {record.cell.encoder} | " in text
    assert "| NDCG@10 |" in text.replace("&#64;", "@")
    assert "the process ended with signal 11" in text


def test_markdown_of_a_comparison_has_intervals_and_reasons(run, other):
    found = compare(other, run)
    text = plugins.comparing("markdown").compare(found)
    assert found.summary in text
    assert found.sight in text
    for reason, _ in found.reasons():
        assert f"- {reason}: " in text
    assert "▼ worse" in text
    assert " to +" in text


@pytest.fixture(scope="module")
def hostile(run):
    """Names, reasons and facts that would like to be markup, code or a formula."""

    def edit(record):
        cell = msgspec.structs.replace(record.cell, encoder=record.cell.encoder + EVIL)
        machine = Machine(
            name=EVIL, cpu=EVIL, cores=1, memory_bytes=2**62, system=EVIL, python=EVIL
        )
        timing = record.timing
        if timing is not None:
            timing = msgspec.structs.replace(timing, median_us=1.7e308, reasons=(EVIL,))
        return msgspec.structs.replace(
            record,
            study="=1+1",
            cell=cell,
            machine=machine,
            reason=EVIL if record.state != "ok" else "",
            command="@SUM(1)",
            timing=timing,
            versions={EVIL: EVIL},
        )

    info = msgspec.structs.replace(run.info, study=EVIL, created=EVIL, versions={EVIL: EVIL})
    records = tuple(edit(record) for record in run.records)
    return msgspec.structs.replace(run, info=info, records=records)


def documents(kind, run, before):
    plugin = plugins.comparing(kind)
    yield plugin.render(run)
    yield plugin.compare(compare(before, run))
    yield plugin.compare(compare(run, run))


@pytest.mark.slow
def test_html_holds_no_markup_of_theirs(hostile, run):
    for text in documents("html", hostile, run):
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert" in text


def test_markdown_holds_no_markup_of_theirs(hostile, run):
    for text in documents("markdown", hostile, run):
        assert "<script>" not in text
        assert "`x`" not in text.replace(r"\`x\`", "")
        assert "[a](" not in text.replace(r"\[a\](", "")
        rows = [line for line in text.splitlines() if line.startswith("| ")]
        widths = {line.replace(r"\|", "").count("|") for line in rows}
        assert widths <= {4, 5, 10, 13}, "no field breaks out of its table"
        assert not [line for line in text.splitlines() if line.lstrip().startswith("# =cmd")]


def test_csv_holds_no_formula(hostile, run):
    for text in documents("csv", hostile, run):
        for row in csv.reader(io.StringIO(text)):
            for field in row:
                assert not field.startswith(("=", "@", "+", "\t", "\r")), field
                assert not field.startswith("-") or float(field) < 0


def test_json_keeps_every_character(hostile):
    plugin = plugins.comparing("json")
    rows = json.loads(plugin.render(hostile))
    assert [row["cell.encoder"] for row in rows] == [r.cell.encoder for r in hostile.records]
    assert rows[0]["timing.median_us"] == 1.7e308
    document = json.loads(plugin.compare(compare(hostile, hostile)))
    assert document["differences"][0]["encoder"].endswith(EVIL)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM", "'@SUM"),
        ("\t=1", "'=1"),
        ("a\r=1", "a =1"),
        ("a; =1", "a;' =1"),
        ("\uff1d1", "'\uff1d1"),
        ("::error::x", "'::error::x"),
        ("a: -1, +2", "a: -1, +2"),
        (" =1", "' =1"),
        ("gru", "gru"),
        ("a=b", "a=b"),
        ("", ""),
    ],
)
def test_formulas_are_guarded(text, shown):
    assert guarded(text) == shown


@pytest.mark.parametrize("kind", FORMATS)
def test_records_with_nothing_in_them_are_shown(run, kind):
    bare = msgspec.structs.replace(
        run,
        records=tuple(
            Record(study="", cell=record.cell, state=state)
            for record, state in zip(
                run.records, ("ok", "failed", "skipped", "unsupported"), strict=False
            )
        ),
        info=msgspec.structs.replace(run.info, data=None, machine=None, baselines={}, settings={}),
    )
    for text in documents(kind, bare, run):
        assert text
    for text in documents(kind, msgspec.structs.replace(run, records=()), bare):
        assert text


BROKEN = {
    "truncated": (lambda line: line[: len(line) // 2], "no JSON document"),
    "not a number": (lambda line: line.replace(b'"seed":1', b'"seed":NaN'), "no JSON document"),
    "newer": (lambda line: line.replace(b'"schema":1', b'"schema":99'), "schema 99 is newer"),
    "no schema": (lambda line: line.replace(b'"schema":1,', b""), "no schema number"),
    "missing": (lambda line: line.replace(b'"state":"ok",', b""), "missing required field"),
    "a text": (
        lambda line: line.replace(b'"median_us":', b'"median_us":"x","z":'),
        "Expected `float`",
    ),
    "not UTF-8": (lambda line: b"\xff" + line, "no JSON document"),
}


@pytest.mark.parametrize("case", BROKEN)
@pytest.mark.parametrize("command", ["report", "compare"])
def test_broken_documents_are_refused_with_their_line(small, tmp_path, capsys, case, command):
    from rbench.cli import main

    spoil, what = BROKEN[case]
    write_records(tmp_path / "records.jsonl", small.records)
    lines = (tmp_path / "records.jsonl").read_bytes().splitlines(keepends=True)
    lines[1] = spoil(lines[1])
    (tmp_path / "records.jsonl").write_bytes(b"".join(lines))
    with pytest.raises(RecordError, match="line 2"):
        read_run(tmp_path)
    for kind in FORMATS:
        runs = (tmp_path,) if command == "report" else (small.folder, tmp_path)
        with pytest.raises(SystemExit) as caught:
            main([command, *map(str, runs), "--format", kind, "--out", "-"])
        assert caught.value.code == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert what in said.err
        assert "records.jsonl, line 2" in said.err
        assert "Traceback" not in said.err


STRANGER = """
class Lines:
    suffix = ".txt"

    def render(self, run, baseline=None):
        return f"{len(run.records)} records\\n"
"""


def test_a_stranger_s_report_is_found_like_ours(small, tmp_path, monkeypatch, capsys):
    """An installed package with an entry point: nothing of ours knows it."""
    from rbench.cli import main

    (tmp_path / "lines_report.py").write_text(STRANGER)
    info = tmp_path / "lines_report-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: lines-report\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[rbench.reports]\nlines = lines_report:Lines\n")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    installed.entries.cache_clear()
    try:
        assert plugins.describe(plugins.REPORTS)["lines"] == "lines_report:Lines (lines-report)"
        with pytest.raises(SystemExit) as caught:
            main(["report", str(small.folder), "--format", "lines", "--out", "-"])
        assert (caught.value.code, capsys.readouterr().out) == (0, "2 records\n")
        with pytest.raises(PluginError, match="cannot show a comparison"):
            plugins.comparing("lines")
    finally:
        installed.entries.cache_clear()
        sys.modules.pop("lines_report", None)
