"""Records: read back as written, upgraded when old, refused when torn or newer."""

import hashlib
import json
import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rbench import plugins
from rbench.errors import RecordError
from rbench.records import (
    CellName,
    Delegation,
    Estimate,
    Items,
    Machine,
    ModelFile,
    Parity,
    Quality,
    Record,
    Replicate,
    RunInfo,
    TapQuality,
    TapTiming,
    Timing,
    artefacts_of,
    run_folder,
)
from rbench.records.run_folder import (
    read_items,
    read_records,
    read_run,
    write_info,
    write_items,
    write_records,
)

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
TIMES = [
    *("median_us", "mean_us", "std_us", "min_us", "p90_us", "p95_us", "p99_us"),
    *("load_us", "first_us"),
]
TEXTS = st.text(max_size=8)
estimates = st.builds(Estimate, value=NUMBERS, low=NUMBERS, high=NUMBERS)
qualities = st.builds(
    Quality,
    users=st.integers(0, 10**6),
    metrics=st.dictionaries(TEXTS, estimates, max_size=2),
    coverage=NUMBERS,
    parity=st.none() | st.builds(Parity, max_score_difference=NUMBERS, top10_overlap=NUMBERS),
    ranks=TEXTS,
)
models = st.builds(
    ModelFile,
    path=TEXTS,
    sha256=TEXTS,
    size_bytes=st.integers(0, 2**40),
    gzip_bytes=st.integers(0, 2**40),
    ops=st.dictionaries(TEXTS, st.integers(0, 9), max_size=2),
    census=st.dictionaries(TEXTS, st.integers(-(2**63), 2**63 - 1) | TEXTS, max_size=2),
)


def is_bearable(value):
    """Whether no number goes beyond 64 bits: such records are refused."""
    if isinstance(value, dict):
        return all(map(is_bearable, value.values()))
    if isinstance(value, list | tuple):
        return all(map(is_bearable, value))
    return not isinstance(value, int) or -(2**63) <= value < 2**63


documents = st.builds(
    Record,
    schema=st.just(1),
    study=TEXTS,
    cell=st.builds(CellName, encoder=TEXTS, recipe=TEXTS, target=TEXTS),
    settings=st.just({}),
    training=st.just({}),
    model=st.none() | models,
    quality=st.none() | qualities,
    replicates=st.lists(
        st.builds(Replicate, seed=st.integers(0, 9), model=models, quality=qualities), max_size=1
    ).map(tuple),
    machine=st.none() | st.builds(Machine, details=st.just({})),
    timing=st.none()
    | st.builds(
        Timing,
        **dict.fromkeys(TIMES, NUMBERS),
        ops_us=st.just({}),
        details=st.just({}),
        round_medians_us=st.lists(NUMBERS, max_size=3).map(tuple),
        quantiles_us=st.just(()),
        reasons=st.lists(TEXTS, max_size=2).map(tuple),
    ),
    delegation=st.none() | st.builds(Delegation),
).filter(lambda record: is_bearable(msgspec.to_builtins(record)))


def record(**changes):
    plain = Record(
        study="s", cell=CellName(encoder="gru", recipe="float32", target="cpu"), state="ok"
    )
    return msgspec.structs.replace(plain, **changes)


@settings(max_examples=30, deadline=None)
@given(st.lists(documents, max_size=2))
def test_what_is_written_is_read_back(tmp_path_factory, written):
    path = tmp_path_factory.mktemp("run") / "records.jsonl"
    write_records(path, written)
    assert read_records(path) == written
    assert path.read_bytes().count(b"\n") == len(written)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_what_could_not_be_read_back_is_not_written(tmp_path, number):
    path = tmp_path / "records.jsonl"
    write_records(path, [record()])
    scored = Quality(users=1, metrics={"mrr": Estimate(value=number, low=0, high=1)}, coverage=0)
    with pytest.raises(RecordError, match="gru x float32 x cpu: Expected `float`, got `null`"):
        write_records(path, [record(quality=scored)])
    assert read_records(path) == [record()]


def test_run_json_is_read_back(tmp_path):
    info = RunInfo(study="s", created="2026-01-01T00:00:00Z", rbench="0.1.0", cells=1)
    write_info(tmp_path / "run.json", info)
    write_records(tmp_path / "records.jsonl", [record()])
    run = read_run(str(tmp_path))
    assert run.info == info
    assert run.records == (record(),)
    assert run.artefact("abc") == tmp_path / "artefacts" / "abc.npz"


def test_equal_records_are_equal_bytes(tmp_path):
    for name in ("a", "b"):
        write_records(tmp_path / name, [record(inputs={"train": "1", "data": "2"})])
    write_records(tmp_path / "c", [record(inputs={"data": "2", "train": "1"})])
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").read_bytes() == (tmp_path / "c").read_bytes()


def test_unknown_keys_of_the_same_schema_are_ignored(tmp_path):
    document = msgspec.to_builtins(record()) | {"colour": "blue"}
    (tmp_path / "records.jsonl").write_text(json.dumps(document))
    assert read_records(tmp_path / "records.jsonl") == [record()]


def test_older_schemas_are_upgraded_step_by_step(tmp_path, monkeypatch):
    monkeypatch.setattr(run_folder, "SCHEMA", 3)
    monkeypatch.setattr(
        run_folder,
        "UPGRADES",
        {
            1: lambda old: {**old, "reason": old["reason"] + " one"},
            2: lambda old: {**old, "reason": old["reason"] + " two"},
        },
    )
    write_records(tmp_path / "records.jsonl", [record(schema=1, reason="was")])
    (upgraded,) = read_records(tmp_path / "records.jsonl")
    assert upgraded.reason == "was one two"
    assert upgraded.schema == 3


def test_every_older_schema_has_an_upgrade():
    assert set(run_folder.UPGRADES) == set(range(1, run_folder.SCHEMA))


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        (b'{"schema":1,"study":"s","cell":{"enc', "no JSON document"),
        (b"[" * 100_000, "no JSON document"),
        (b"\xff\xfe\x00", "no JSON document"),
        (b"null", "no schema number"),
        (b"[]", "no schema number"),
        (b"{}", "no schema number"),
        (b'{"schema":"1"}', "no schema number"),
        (b'{"schema":0}', "no schema number"),
        (b'{"schema":2}', "schema 2 is newer than this rbench"),
        (b'{"schema":1}', "missing required field `study`"),
        (b'{"schema":1,"study":3}', "Expected `str`, got `int` - at `$.study`"),
        (b'{"schema":1,"study":"s","cell":{},"state":"ok"}', "at `$.cell`"),
    ],
)
def test_lines_that_cannot_be_read_are_named(tmp_path, line, cause):
    path = tmp_path / "records.jsonl"
    write_records(path, [record()])
    path.write_bytes(path.read_bytes() + b"\n" + line)
    with pytest.raises(RecordError) as caught:
        read_records(path)
    assert cause in str(caught.value)
    assert caught.value.where == f"{path}, line 3"


@pytest.mark.parametrize("again", ['"state":"failed","state":', '"state" :"failed", "state"\t:'])
def test_a_key_that_stands_twice_is_refused(tmp_path, again):
    path = tmp_path / "records.jsonl"
    write_records(path, [record()])
    path.write_text(path.read_text().replace('"state":', again))
    with pytest.raises(RecordError, match="line 1: the key 'state' stands twice"):
        read_records(path)


def test_texts_that_look_like_keys_are_texts(tmp_path):
    path = tmp_path / "records.jsonl"
    odd = record(reason='he said "state": and "state":', command='{"a": 1, "a": 2}\\')
    write_records(path, [odd])
    assert read_records(path) == [odd]


def test_a_state_that_does_not_exist_is_refused(tmp_path):
    document = msgspec.to_builtins(record()) | {"state": "fine"}
    (tmp_path / "records.jsonl").write_text(json.dumps(document))
    with pytest.raises(RecordError, match="Invalid enum value 'fine'"):
        read_records(tmp_path / "records.jsonl")


@pytest.mark.parametrize("folder", ["", "none"])
def test_a_folder_that_is_no_run(tmp_path, folder):
    with pytest.raises(RecordError, match=r"no records\.jsonl here"):
        read_run(tmp_path / folder)


def test_a_torn_run_json(tmp_path):
    write_records(tmp_path / "records.jsonl", [record()])
    (tmp_path / "run.json").write_text('{"schema": 1, "stu')
    with pytest.raises(RecordError, match=r"run\.json: no JSON document"):
        read_run(tmp_path)


def test_artefacts_of_records():
    scored = Quality(users=1, metrics={}, coverage=0, ranks="r1")
    again = msgspec.structs.replace(scored, ranks="r2")
    model = ModelFile(path="m", sha256="", size_bytes=1, gzip_bytes=1)
    found = artefacts_of(
        [
            record(quality=scored, replicates=(Replicate(seed=2, model=model, quality=again),)),
            record(),
        ]
    )
    assert found == {"r1", "r2"}


def test_machines_that_differ_in_what_matters_are_unlike():
    machine = Machine(name="m", cpu="c", cores=2, memory_bytes=1, system="s", python="3.11")
    assert msgspec.structs.replace(machine, python="3.12").identity == machine.identity
    for change in ({"name": "n"}, {"cpu": "d"}, {"cores": 4}, {"system": "t"}):
        assert msgspec.structs.replace(machine, **change).identity != machine.identity


@pytest.mark.parametrize(
    "kind",
    [
        *(Record, RunInfo, CellName, ModelFile, Quality, Estimate, Parity, Timing, Delegation),
        *(Machine, TapQuality, TapTiming),
    ],
)
def test_every_key_is_described(kind):
    page = (Path(__file__).parents[2] / "docs/file-formats.md").read_text("utf-8")
    assert [key for key in kind.__struct_fields__ if f"`{key}`" not in page] == []


def test_the_map_of_item_ids_is_read_as_written_and_written_once(tmp_path):
    known = Items(data="abc", items=("", "318", 'a "b"', "é", "=1+1"))
    write_items(tmp_path, known)
    again = read_items(tmp_path)
    assert (again.data, again.items) == (known.data, known.items)
    document = json.loads((tmp_path / "items.json").read_bytes())
    ids = ["", "318", 'a "b"', "é", "=1+1"]
    compact = json.dumps(ids, ensure_ascii=False, separators=(",", ":")).encode()
    checksum = hashlib.sha256(compact).hexdigest()
    assert document == {"schema": 1, "data": "abc", "items": ids, "sha256": checksum}
    before = (tmp_path / "items.json").stat().st_mtime_ns
    write_items(tmp_path, known)
    assert (tmp_path / "items.json").stat().st_mtime_ns == before
    other = msgspec.structs.replace(known, data="def")
    write_items(tmp_path, other)
    assert read_items(tmp_path).data == "def"


@pytest.mark.parametrize("content", [b"", b"{}", b'{"schema": 2}', b'{"schema": 1, "items": [1]}'])
def test_a_torn_map_of_item_ids_is_refused(tmp_path, content):
    (tmp_path / "items.json").write_bytes(content)
    with pytest.raises(RecordError, match=r"items\.json"):
        read_items(tmp_path)


HUGE = "begin " + "x" * 3_000_000 + " end"


def test_a_huge_reason_is_cut_and_says_so(tmp_path):
    record = Record(
        study="s",
        cell=CellName(encoder="e", recipe="float32", target="cpu"),
        state="failed",
        reason=HUGE,
    )
    assert len(record.reason) == 4000
    assert record.reason.startswith("begin xxx")
    assert record.reason.endswith("xxx end")
    assert "(of 3,000,010 characters)" in record.reason
    write_records(tmp_path / "records.jsonl", [record])
    assert (tmp_path / "records.jsonl").stat().st_size < 6000
    assert msgspec.structs.replace(record, stage="train").reason == record.reason


def test_a_huge_reason_of_an_older_rbench_is_cut_when_it_is_read(tmp_path):
    cell = {"encoder": "e", "recipe": "float32", "target": "cpu"}
    numbers = dict.fromkeys(("median_us", "mean_us", "std_us", "min_us"), 1.0)
    document = {
        "schema": 1,
        "study": "s",
        "cell": cell,
        "state": "failed",
        "reason": HUGE,
        "timing": {**numbers, "verdict": "unstable", "rounds": 1, "runs": 1, "reasons": [HUGE]},
        "delegation": {
            "delegate": "gpu",
            "nodes_total": 1,
            "nodes_delegated": 1,
            "partitions": 1,
            "remarks": ["short"] * 20_000,
        },
    }
    (tmp_path / "records.jsonl").write_text(json.dumps(document))
    (record,) = read_run(tmp_path).records
    assert len(record.reason) == len(record.timing.reasons[0]) == 4000
    assert len(record.delegation.remarks) == 1000
    assert record.delegation.remarks[-1] == "… and 19,001 more"
    for kind in ("html", "markdown", "json", "csv"):
        page = plugins.report(kind).render(read_run(tmp_path))
        assert len(page) < (3_000_000 if kind == "html" else 100_000)


def test_texts_that_are_not_huge_stay_as_they_are():
    timing = Timing(
        verdict="unstable", rounds=1, runs=1, median_us=1, mean_us=1, std_us=1, min_us=1,
        reasons=("a\nb", "x" * 4000),
    )  # fmt: skip
    assert timing.reasons == ("a\nb", "x" * 4000)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"schema": 1, "seed": 9223372036854775808}', "beyond 64 bits at .seed"),
        ('{"schema": 1, "a": {"b": [1' + "0" * 400 + "]}}", "beyond 64 bits at .a.b"),
        ('{"schema": true, "study": "s"}', "no schema number"),
        ('{"schema": 1, "a": ' + "[" * 60 + "]" * 60 + "}", "more than 50 levels at .a"),
        ('{"schema": 1, "a": ' + "[" * 100_000 + "]" * 100_000 + "}", ""),
        ('{"schema": 1, "a": 1e999}', ""),
        ('{"schema": 1, "a": NaN}', ""),
        ('{"schema": 1, "a": "\\ud800"}', ""),
    ],
)
def test_what_no_rbench_writes_is_refused_with_its_place(tmp_path, text, why):
    (tmp_path / "records.jsonl").write_text("\n" + text)
    with pytest.raises(RecordError, match=r"records\.jsonl, line 2") as raised:
        read_run(tmp_path)
    assert why in str(raised.value)


@pytest.mark.parametrize(
    ("bound", "said"),
    [
        ("MOST_BYTES", "line 2: a record of more than 100 bytes"),
        ("MOST_RECORDS_BYTES", "records.jsonl: more than 100 bytes of records"),
        ("MOST_VALUES", "line 6: more than 100 values in the records"),
        ("CELLS", "records.jsonl: more than 100 records"),
    ],
)
def test_no_more_is_read_than_a_run_may_hold(tmp_path, monkeypatch, bound, said):
    path = tmp_path / "records.jsonl"
    write_records(path, [record()])
    line = path.read_bytes()
    path.write_bytes(b"\n" + line * 101)
    assert len(read_records(path)) == 101
    monkeypatch.setattr(run_folder, bound, 100)
    with pytest.raises(RecordError, match=re.escape(said)) as caught:
        read_records(path)
    assert "allowed: " in str(caught.value)
    assert "run the sweep again" in str(caught.value)


def test_a_run_json_and_a_map_of_ids_have_a_bound_too(tmp_path, monkeypatch):
    write_records(tmp_path / "records.jsonl", [record()])
    (tmp_path / "run.json").write_bytes(b" " * 2001)
    (tmp_path / "items.json").write_bytes(b" " * 2001)
    monkeypatch.setattr(run_folder, "MOST_BYTES", 2000)
    monkeypatch.setattr(run_folder, "MOST_ITEMS_BYTES", 2000)
    for read in (read_run, read_items):
        with pytest.raises(RecordError, match="cannot read: more than 2,000 bytes"):
            read(tmp_path)


def test_a_record_that_could_not_be_read_is_not_written(tmp_path, monkeypatch):
    path = tmp_path / "records.jsonl"
    write_records(path, [record()])
    before = path.read_bytes()
    monkeypatch.setattr(run_folder, "MOST_BYTES", 100)
    with pytest.raises(RecordError, match=r"a record of [0-9]+ bytes"):
        write_records(path, [record()])
    assert path.read_bytes() == before
