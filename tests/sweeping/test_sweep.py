"""A whole sweep, small: what it leaves, what it does not do again, what it survives."""

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import filelock
import numpy as np
import pytest

if not find_spec("tensorflow"):  # importing it takes seconds
    pytest.skip("sweeps need rbench[sweep]", allow_module_level=True)

import rbench
from rbench.records.run_folder import read_items
from rbench.sweeping.executors.local import alone
from rbench.sweeping.observer import Silent
from rbench.sweeping.store import Store

pytestmark = pytest.mark.slow

BROKEN = """
import os
from dataclasses import dataclass
from rbench.encoding import Encoder

@dataclass(frozen=True)
class Raises(Encoder):
    def encode(self, embeddings, mask, form):
        raise RuntimeError("no such idea")

@dataclass(frozen=True)
class Aborts(Encoder):
    def encode(self, embeddings, mask, form):
        os.abort()
"""

MINE = """
from dataclasses import dataclass
from rbench.encoding import Encoder

@dataclass(frozen=True)
class Mine(Encoder):
    narrow: int = 4

    def encode(self, embeddings, mask, form):
        from tf_keras import layers
        x = layers.Dense(self.narrow, activation="relu", name="in")(embeddings)
        x = layers.Dense(embeddings.shape[-1], name="out")(x)
        return layers.Lambda(lambda v: v[:, -1])(x) if form.last else x
"""


def shortened(study):
    """One round a cell: where times are not looked at."""
    study.write_text(study.read_text().replace("rounds = 2", "rounds = 1"))


def states(run):
    return [(str(record.cell), record.state) for record in run.records]


def finished(store: Path):
    """Artefact -> when it was finished."""
    return {path.parent: path.stat().st_mtime_ns for path in store.glob("*/*/*/result.json")}


def test_what_a_sweep_leaves(command, tiny_study, own_store, tmp_path):
    folder = tmp_path / "run"
    quick = "instances = 1\ntwins = 0\nop_runs = 0\n"
    tiny_study.write_text(tiny_study.read_text().replace(quick, ""))
    done = command("sweep", tiny_study, "--out", folder, check=0)
    assert "4 cells: 4 ok" in done.stdout
    run = rbench.read_run(folder)
    assert states(run) == [
        ("bow x float32 x cpu", "ok"),
        ("bow x float32 x xnnpack", "ok"),
        ("bow x dynamic_wi8 x cpu", "ok"),
        ("bow x dynamic_wi8 x xnnpack", "ok"),
    ]
    assert {"popularity", "item-knn", "markov", "pctm"} == set(run.info.baselines)
    for record in run.records:
        content = (folder / record.model.path).read_bytes()
        assert hashlib.sha256(content).hexdigest() == record.model.sha256
        assert len(content) == record.model.size_bytes
        assert (folder / record.model.log).is_file()
        nodes = record.model.census["nodes"]["xnnpack"]
        assert (
            0 < nodes["nodes_delegated"] <= nodes["nodes_total"] >= sum(record.model.ops.values())
        )
        assert 0 < record.model.zstd_bytes < record.model.size_bytes
        with np.load(run.artefact(record.quality.ranks)) as stored:
            hits = (stored["ranks"] >= 1) & (stored["ranks"] <= 10)
        assert record.quality.metrics["recall@10"].value == pytest.approx(hits.mean())
        with np.load(run.artefact(record.timing.samples)) as stored:
            assert len(stored["samples_ns"]) == record.timing.runs >= 20
            middle = np.median(stored["samples_ns"]) / 1000
        assert record.timing.median_us == pytest.approx(middle, rel=0.01)
        assert record.data == run.info.data.checksum
        assert record.command.endswith(
            f"--encoder bow --recipe {record.cell.recipe} --target {record.cell.target}"
        )
        assert record.quality.parity.top10_overlap > 0.8
    noise = run.info.details["noise"]
    assert {target: one["cell"] for target, one in noise.items()} == {
        "cpu": "bow x float32 x cpu",
        "xnnpack": "bow x float32 x xnnpack",
    }
    for record in run.records:
        assert record.timing.details["noise"] == noise[record.cell.target]
        assert record.timing.ops_us, record.timing.details["ops"]
    frame = run.frame()
    assert len(frame) == 4
    assert list(frame["cell.recipe"].unique()) == ["float32", "dynamic_wi8"]
    assert "<html" in (folder / "report.html").read_text("utf-8")

    for record in run.records:
        assert record.settings["evaluate"]["filter_history"] is True
        assert "0 of " in record.settings["evaluate"]["filter_history_reason"]
    assert run.info.details["history"]["filtered"] is True
    items = read_items(folder)
    assert items.data == run.info.data.checksum
    assert len(items.items) == run.info.data.catalogue + 1
    assert items.items[0] == ""
    assert len(set(items.items)) == len(items.items)

    (folder / "items.json").unlink()  # as in a run of an older rbench
    before = (folder / "records.jsonl").read_bytes()
    made = finished(own_store)
    command(
        "sweep",
        tiny_study,
        "--out",
        folder,
        check=0,
        blocked=("tensorflow", "tf_keras", "pandas", "scipy"),  # nothing is trained again
    )
    assert (folder / "records.jsonl").read_bytes() == before
    assert read_items(folder) == items
    assert finished(own_store) == made


def test_a_strangers_encoder_and_a_second_seed(tmp_path, own_store, tiny_study):
    (tmp_path / "mine.py").write_text(MINE)
    text = tiny_study.read_text().replace('["bow"]', '["bow", "mine.py:Mine"]')
    text = "seeds = [3, 4]\n" + text + "\n[encoder.Mine]\nnarrow = 6\n"
    tiny_study.write_text(text)
    shortened(tiny_study)
    study = rbench.Study.read(tiny_study)
    run = rbench.sweep(study.narrowed(recipes=["float32"], targets=["cpu"]), tmp_path / "run")
    assert states(run) == [("bow x float32 x cpu", "ok"), ("Mine x float32 x cpu", "ok")]
    for record in run.records:
        assert record.seed == 3
        (other,) = record.replicates
        assert other.seed == 4
        assert other.model.sha256 != record.model.sha256
        assert (run.folder / other.model.path).is_file()
    assert run.records[1].settings["encoder"]["narrow"] == 6


def test_a_weight_cache_is_for_the_unrolled_recurrence(tmp_path, own_store, tiny_study):
    shortened(tiny_study)
    study = rbench.Study.read(tiny_study).narrowed(
        encoders=["lstm"], recipes=["float32", "unrolled+float32"], targets=["xnnpack_cached"]
    )
    fused, unrolled = rbench.sweep(study, tmp_path / "run").records
    assert fused.state == "unsupported"
    assert "Variable tensors" in fused.reason
    assert "(ai-edge-litert)" in fused.reason
    assert unrolled.state == "ok"
    assert unrolled.timing.details["runtime"].endswith(", CompiledModel")
    # XNNPACK takes the steps; what it leaves, the lookup, mask and ranking, is there once.
    assert set(unrolled.delegation.left_behind.values()) == {1}
    assert "TOPK_V2" in unrolled.delegation.left_behind


def test_what_fails_is_a_record_and_the_rest_goes_on(command, tmp_path, tiny_study, own_store):
    (tmp_path / "broken.py").write_text(BROKEN)
    shortened(tiny_study)
    done = command(
        "sweep", tiny_study, "--out", "run",
        "--encoder", "broken.py:Raises", "--encoder", "broken.py:Aborts", "--encoder", "bow",
        "--recipe", "float32", "--recipe", "qat+float32", "--target", "cpu",
        check=1,
    )  # fmt: skip
    run = rbench.read_run(tmp_path / "run")
    found = {str(record.cell): record for record in run.records}
    raised = found["Raises x float32 x cpu"]
    assert (raised.state, raised.stage) == ("failed", "train")
    assert "no such idea" in raised.reason
    aborted = found["Aborts x float32 x cpu"]
    assert (aborted.state, aborted.stage) == ("failed", "train")
    assert "SIGABRT" in aborted.reason
    assert found["bow x float32 x cpu"].state == "ok"
    forbidden = found["bow x qat+float32 x cpu"]
    assert (forbidden.state, forbidden.stage) == ("unsupported", "policy")
    assert "no such idea" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr

    # A failure is recorded, not cached for good.
    text = BROKEN.replace('raise RuntimeError("no such idea")', "return bow(embeddings, form)")
    text += (
        "\ndef bow(embeddings, form):\n    return embeddings[:, -1] if form.last else embeddings\n"
    )
    (tmp_path / "broken.py").write_text(text)
    command("sweep", tiny_study, "--out", "run", "--encoder", "broken.py:Raises",
            "--recipe", "float32", "--target", "cpu", check=0)  # fmt: skip


def test_failures_are_tried_again_only_when_asked(tmp_path, own_store, tiny_study):
    marks = tmp_path / "marks"
    (tmp_path / "broken.py").write_text(
        BROKEN.replace(
            'raise RuntimeError("no such idea")',
            f'open({str(marks)!r}, "a").write("x"); raise RuntimeError("no such idea")',
        )
    )
    study = rbench.Study.read(tiny_study).narrowed(
        encoders=[f"{tmp_path / 'broken.py'}:Raises"], recipes=["float32"], targets=["cpu"]
    )
    for tries, again in ((1, False), (1, False), (2, True)):
        run = rbench.sweep(study, tmp_path / "run", retry_failed=again)
        assert run.records[0].state == "failed"
        assert len(marks.read_text()) == tries


@pytest.mark.parametrize("whom", ["the sweep", "a child"])
def test_killed_at_random_moments(tmp_path, own_store, tiny_study, whom):
    """kill -9, again and again: nothing finished is done twice, in the end all cells are there."""
    folder = tmp_path / "run"
    shortened(tiny_study)
    arguments = [sys.executable, "-P", "-m", "rbench.cli", "sweep", str(tiny_study), "--out"]
    chance = random.Random(5)
    kills = 0
    while kills < 2:
        process = subprocess.Popen(
            [*arguments, str(folder)],
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_for(
            lambda p=process: p.poll() is not None or whom == "the sweep" or descendants(p.pid)
        )
        time.sleep(chance.uniform(0.2, 3.5))
        if process.poll() is not None:
            break
        children = descendants(process.pid)
        victim = process.pid if whom == "the sweep" or not children else chance.choice(children)
        os.kill(victim, signal.SIGKILL)
        kills += 1
        process.wait(timeout=600)
        gone(children)
    assert kills
    made = finished(own_store)
    run = rbench.sweep(rbench.Study.read(tiny_study), folder)
    assert [state for _, state in states(run)] == ["ok"] * 4
    after = finished(own_store)
    assert {path: after[path] for path in made} == made
    lines = [json.loads(line) for line in (folder / "records.jsonl").read_text().splitlines()]
    assert len({json.dumps(line["cell"]) for line in lines}) == len(lines) == 4


def test_ctrl_c_leaves_readable_records(tmp_path, own_store, tiny_study):
    shortened(tiny_study)
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "rbench.cli", "sweep", str(tiny_study), "--out", "run"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Where these tests run in the background, a shell had them ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    wait_for((tmp_path / "run" / "records.jsonl").is_file)
    children = descendants(process.pid)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=600)
    assert process.returncode == 130
    assert "goes on where it stopped" in said
    assert "Traceback" not in said
    gone(children)
    run = rbench.read_run(tmp_path / "run")
    assert len(run.records) == 4
    assert {record.state for record in run.records} <= {"skipped", "ok"}
    run = rbench.sweep(rbench.Study.read(tiny_study), tmp_path / "run")
    assert [state for _, state in states(run)] == ["ok"] * 4


def test_one_sweep_a_folder(tmp_path, own_store, tiny_study, command):
    import filelock

    (tmp_path / "run").mkdir()
    with filelock.FileLock(tmp_path / "run" / ".lock"):
        done = command("sweep", tiny_study, "--out", "run", check=2)
    assert "another sweep is writing here" in done.stderr


def test_the_same_seed_gives_the_same_files(tmp_path, tiny_study):
    shortened(tiny_study)
    study = rbench.Study.read(tiny_study).narrowed(recipes=["float32"], targets=["cpu"])
    runs = [
        rbench.sweep(study, tmp_path / f"run{n}", store=Store(tmp_path / f"store{n}"))
        for n in range(2)
    ]
    first, second = (run.records[0] for run in runs)
    assert first.model.sha256 == second.model.sha256
    assert first.quality.ranks == second.quality.ranks


def descendants(pid: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            child = int(path.parent.name)
            found += [child, *descendants(child)]
    return found


def gone(children: list[int]) -> None:
    wait_for(lambda: not any(alive(child) for child in children))


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for(what, seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def test_waiting_for_another_sweep_s_timing_is_said(tmp_path):
    said = []

    class Told(Silent):
        def noticed(self, text):
            said.append(text)
            other.release()

    store = Store(tmp_path)
    other = filelock.FileLock(tmp_path / "timing.lock")
    with alone(store, Told()):
        assert said == []
    other.acquire()
    with alone(store, Told()):
        assert said[0] == "another sweep is timing on this machine: waiting until it is done"
        assert len(said) == 2
