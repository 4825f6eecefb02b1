"""`rbench profile`: any .tflite, a table, JSON lines, and records like a run's."""

import json
import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("ai_edge_litert", reason="timing needs rbench[profile]")

from rbench.cells.target import Target
from rbench.cli import profile
from rbench.errors import ModelError
from rbench.profile import ProfileSettings, strangers
from rbench.records.run_folder import read_records, read_run
from rbench.sweeping import single_file
from rbench.testing import strange
from rbench.testing.flat import FlatGraph, recommender

NEVER = ("tensorflow", "tf_keras", "pandas", "plotly")
TABLE = np.random.default_rng(1).normal(size=(300, 16)).astype(np.float32)


QUICK = ProfileSettings(
    rounds=1, instances=1, min_runs=3, min_seconds=0, warmup_runs=1, warmup_seconds=0, op_runs=0
)


@pytest.fixture
def quick(monkeypatch):
    """The command times by a protocol of milliseconds."""
    monkeypatch.setattr(profile, "ProfileSettings", lambda: QUICK)


@pytest.fixture
def ours(tmp_path):
    path = tmp_path / "ours.tflite"
    path.write_bytes(recommender(TABLE, scheme="float32"))
    return path


def write(path, graph, inputs, output):
    path.write_bytes(graph.finish("serve", inputs, {"y": output}))
    return path


@pytest.fixture
def floats(tmp_path):
    """Two inputs: floats, and whole numbers that look up 7 rows."""
    graph = FlatGraph()
    first, ids = graph.tensor((3, 4)), graph.tensor((3,), "INT32")
    table = graph.tensor((7, 4), data=np.ones((7, 4), np.float32))
    rows, result = graph.tensor((3, 4)), graph.tensor((3, 4))
    graph.op("GATHER", (table, ids), (rows,), "GatherOptions", 1)
    graph.op("ADD", (first, rows), (result,), "AddOptions", 1)
    return write(tmp_path / "floats.tflite", graph, {"x": first, "ids": ids}, result)


@pytest.fixture
def numbers(tmp_path):
    """Whole numbers that look nothing up."""
    graph = FlatGraph()
    source, result = graph.tensor((1, 4), "INT32"), graph.tensor((1, 4), "INT32")
    graph.op("ADD", (source, source), (result,), "AddOptions", 1)
    return write(tmp_path / "numbers.tflite", graph, {"x": source}, result)


@pytest.mark.slow
def test_a_record_like_any_cell_s(rbench, ours, tmp_path):
    done = rbench("profile", ours, "--out", tmp_path / "run", without=NEVER, check=0)
    assert "contexts, int32 [1, 6]: 1 to 299, padded with 0" in done.stdout
    assert "…" not in done.stdout
    run = read_run(tmp_path / "run")
    assert [record.cell.target for record in run.records] == ["cpu", "xnnpack"]
    for record in run.records:
        assert record.state == "ok"
        assert record.timing.runs >= ProfileSettings().min_runs
        assert record.timing.rounds == ProfileSettings().rounds
        assert record.delegation.nodes_total == sum(record.model.ops.values())
        assert (run.folder / record.model.path).read_bytes() == ours.read_bytes()
        with np.load(run.artefact(record.timing.samples)) as file:
            assert len(file["samples_ns"]) == record.timing.runs
        assert record.quality is None
    assert run.records[1].delegation.nodes_delegated > 0
    assert rbench("report", tmp_path / "run", check=0).stdout.strip().endswith("report.html")


@pytest.mark.slow
def test_json_lines_are_the_records(rbench, quick, floats, tmp_path):
    done = rbench("profile", floats, "--target", "cpu", "--json", check=0)
    (record,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert record["state"] == "ok"
    assert record["settings"]["inputs"] == [
        "t0, float32 [3, 4]: 0 to 1 (floats, by default)",
        "t1, int32 [3]: 0 to 6 (looked up in a table of 7 rows)",
    ]
    (tmp_path / "lines").write_text(done.stdout)
    assert read_records(tmp_path / "lines")[0].timing.median_us > 0


@pytest.fixture
def timed(tmp_path):
    """(file[, signature, targets]) -> its records, and what was asked; quickly."""

    def run(content, signature=None, names=("cpu",)):
        path = tmp_path / "model.tflite"
        path.write_bytes(content)
        (tmp_path / "asked").mkdir()
        way = single_file.timed_way(path, signature, tmp_path)
        asked = single_file.made_up(path, QUICK, tmp_path / "asked", timed=way)
        targets = [Target.parse(name) for name in names]
        out = tmp_path / "run"
        records = single_file.profile_file(path, targets, QUICK, asked, out, "rbench", way)
        return records, (*way.said, *asked.said)

    return run


@pytest.mark.slow
@pytest.mark.parametrize(
    "content",
    [
        strange.summing(()),
        strange.summing(None),
        strange.summing(names=("", "")),
        strange.summing(names=("file", "allow_pickle")),
        strange.summing((1, 4), signature=(-1, 4)),
        strange.summing((2,), "INT64", ("x", "y")),
        strange.variable(),
    ],
    ids=["scalar", "no shape", "no names", "odd names", "open size", "int64", "no inputs"],
)
def test_any_sound_file_is_timed(timed, monkeypatch, content):
    monkeypatch.setattr(strangers, "BYTES", (*strangers.BYTES, "int64"))
    records, _ = timed(content)
    assert [record.reason for record in records] == [""]
    assert [record.state for record in records] == ["ok"]


@pytest.mark.slow
def test_one_signature_is_timed_and_said(timed):
    records, said = timed(strange.two_ways(4, 6, 10), "two", ("cpu", "xnnpack"))
    assert said[0] == "signature two; not timed: one (see --signature)"
    assert [record.state for record in records] == ["ok", "ok"]
    for record in records:
        assert record.model.census["macs"] == 60
        assert record.model.ops == {"FULLY_CONNECTED": 2}
        assert record.settings["inputs"]
    assert records[0].delegation.nodes_total == 1


@pytest.mark.slow
def test_the_first_signature_is_said_too(timed):
    records, said = timed(strange.two_ways(4, 6, 10))
    assert said[0] == "signature one; not timed: two (see --signature)"
    assert records[0].model.census["macs"] == 40


@pytest.mark.slow
def test_old_files_say_why_they_are_not_timed(timed):
    records, _ = timed(strange.summing(version=2))
    assert {record.state for record in records} == {"failed"}
    assert "schema version 2" in records[0].reason


def test_a_name_of_other_bytes_than_utf_8_is_refused_and_shown(rbench, tmp_path):
    path = os.fsencode(tmp_path) + b"/caf\xe9.tflite"
    try:
        Path(os.fsdecode(path)).write_bytes(strange.summing(version=2))
    except OSError:
        pytest.skip("this file system takes UTF-8 only")
    for command in ("inspect", "profile"):
        done = rbench(command, os.fsdecode(path), check=2)
        assert done.stdout == ""
        assert "caf\\xe9.tflite: the path holds bytes that are not UTF-8" in done.stderr


def test_large_queries_are_drawn_within_a_bound(tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(strange.summing((1, 1080, 1920, 3)))
    tracemalloc.start()
    asked = single_file.made_up(path, ProfileSettings(), tmp_path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert asked.said[-1] == "one query, again and again: 256 would take more than 64 MiB"
    assert peak < 256 << 20
    path.write_bytes(strange.summing((1, 20000, 20000, 3)))
    with pytest.raises(ModelError, match=r"model\.tflite: a query of it takes 9\.6 GB"):
        single_file.made_up(path, ProfileSettings(), tmp_path)


def test_a_path_is_the_same_from_any_folder(timed, tmp_path, monkeypatch):
    """Tools and phones are spoken to from folders of their own."""
    (tmp_path / "model.tflite").write_bytes(strange.summing())
    monkeypatch.chdir(tmp_path)
    assert single_file.timed_way(Path("model.tflite"), None, tmp_path).path.is_absolute()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "e.g. with: --range t0=0:1"),
        (["--range", "t0=0:inf"], "int32 holds -2,147,483,648 to 2,147,483,647"),
        (["--range", "t0=0:99999999999999999999"], "int32 holds -2,147,483,648 to 2,147,483,647"),
        (["--range", "t0=0:1", "--range", "0=0:1"], "two ranges"),
        (["--range", "t0=0:1", "--signature", "other"], "no signature 'other'; allowed: serve"),
        (["--range", "t0"], "NAME=LOW:HIGH"),
        (["--range", "t0=3:1"], "NAME=LOW:HIGH"),
        (["--range", "other=1:3"], "no input is called other"),
        (["--target", "tpu"], "unknown delegate 'tpu'"),
    ],
)
def test_it_asks_for_what_it_cannot_know(rbench, numbers, options, said):
    done = rbench("profile", numbers, *options, check=2)
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_range_is_enough(rbench, quick, numbers):
    done = rbench("profile", numbers, "--range", "t0=1:3", "--target", "cpu", check=0)
    assert "1 to 3 (given)" in done.stdout


@pytest.mark.parametrize("content", [b"", b"no model at all", b"\x00\x00\x00\x00TFL3\xff\xff\xff"])
def test_what_is_no_model(rbench, tmp_path, content):
    path = tmp_path / "torn.tflite"
    path.write_bytes(content)
    done = rbench("profile", path, check=2)
    assert "no .tflite" in done.stderr or "no sound .tflite" in done.stderr


def test_without_the_runtime_it_says_what_to_install(rbench, ours):
    done = rbench("profile", ours, without=("ai_edge_litert",), check=2)
    assert "rbench profile needs ai_edge_litert" in done.stderr
    assert "pip install 'rbench[profile]'" in done.stderr


@pytest.mark.slow
def test_contexts_that_do_not_fit_fail_the_cell(rbench, quick, ours, tmp_path):
    np.save(tmp_path / "c.npy", np.ones((3, 9), np.int32))
    done = rbench("profile", ours, "--contexts", tmp_path / "c.npy", "--target", "cpu", check=1)
    assert "the file takes int32 [1, 6], the contexts are int32 [1, 9]" in done.stdout


def test_contexts_that_are_no_file_are_not_waited_for(rbench, quick, ours, tmp_path):
    os.mkfifo(tmp_path / "c.npz")
    for name, kind in (("c.npz", "a pipe"), ("/dev/zero", "a device"), (tmp_path, "a folder")):
        done = rbench("profile", ours, "--contexts", name, "--target", "cpu", check=2)
        assert f"this is {kind}" in done.stderr


@pytest.mark.slow
def test_a_gpu_that_is_not_here(rbench, quick, ours, no_gpu):
    done = rbench("profile", ours, "--target", "gpu", check=1)
    assert "unsupported: gpu: no GPU here" in done.stdout
    assert "export VK_DRIVER_FILES=" in done.stdout


@pytest.mark.slow
def test_cpu_xnnpack_and_gpu(rbench, quick, ours, software_gpu, tmp_path):
    targets = ["--target", "cpu", "--target", "xnnpack", "--target", "gpu"]
    done = rbench("profile", ours, *targets, "--out", tmp_path / "run", check=0)
    assert "gpu (software)" in done.stdout
    assert "software GPU: a correctness check, not a latency" in done.stdout
    gpu = read_run(tmp_path / "run").records[2]
    assert gpu.delegation.software
    assert gpu.delegation.nodes_delegated == gpu.delegation.nodes_total
    assert gpu.timing.median_us > 1000  # dispatch alone takes 0.1 to 0.2 ms
