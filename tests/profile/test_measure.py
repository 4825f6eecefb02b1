"""One round in a process of its own: what it finds, and every way in which it can fail."""

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import msgspec
import numpy as np
import pytest

from rbench import profile
from rbench.cells.target import Target
from rbench.errors import Killed, StageError
from rbench.profile import process

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
ENDLESS = {"min_seconds": 500.0, "max_seconds": 1000.0}


def gone(pid: int, within_s: float = 60.0) -> bool:
    """Whether the process ends, or is a zombie that only its parent keeps."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.01)
    return False


@pytest.fixture
def started(monkeypatch):
    """The processes that were started, as they start."""
    seen = []

    class Watched(subprocess.Popen):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            seen.append(self.pid)

    monkeypatch.setattr(process.subprocess, "Popen", Watched)
    return seen


@pytest.mark.slow
@pytest.mark.parametrize("target", ["cpu", "xnnpack", "xnnpack@2", "xnnpack_cached"])
def test_a_round_meets_its_share_of_the_protocol(model, contexts, quick, tmp_path, target):
    made = profile.measure(quick, model("recommender"), Target.parse(target), contexts, 1, tmp_path)
    with np.load(tmp_path / "samples.npz") as file:
        samples, wholes = file["samples_ns"], file["query_ns"]
    assert samples.dtype == wholes.dtype == np.uint32
    assert (wholes > samples).all()
    assert made.timed == "invoke"
    assert made.runs == len(samples) >= 50
    assert samples.sum() >= 0.005e9
    assert samples.min() > 0
    assert made.median_us == pytest.approx(np.median(samples) / 1000)
    assert made.load_us > 0
    assert made.first_us > 0
    assert made.warmup_runs >= 5
    assert (made.contexts, made.offset, made.subgraphs) == (32, 16, 1)
    assert made.peak_memory_bytes >= 0
    assert made.stopwatch.call_overhead_ns >= made.stopwatch.clock_overhead_ns > 0
    assert made.surroundings.cores >= 1
    assert msgspec.json.decode(msgspec.json.encode(made), type=profile.Round) == made


@pytest.mark.slow
def test_plain_kernels_are_not_delegated(model, contexts, quick, tmp_path):
    made = profile.measure(quick, model("recommender"), Target("cpu"), contexts, 0, tmp_path)
    found = made.delegation
    assert (found.nodes_total, found.nodes_delegated, found.partitions) == (5, 0, 0)


@pytest.mark.slow
def test_what_xnnpack_left_behind_is_named(model, contexts, quick, tmp_path):
    made = profile.measure(quick, model("recommender"), Target("xnnpack"), contexts, 0, tmp_path)
    found = made.delegation
    assert found.delegate == "xnnpack"
    assert found.nodes_total == 5
    assert 1 <= found.nodes_delegated < 5
    assert found.partitions >= 1
    assert "TOPK_V2" in found.left_behind
    assert sum(found.left_behind.values()) + found.nodes_delegated == 5


@pytest.mark.slow
def test_a_silent_fallback_fails(model, contexts, quick, tmp_path):
    with pytest.raises(StageError, match=r"XNNPACK took 0 of 2 nodes.*CAST 1, TOPK_V2 1"):
        profile.measure(quick, model("lookup_only"), Target("xnnpack"), contexts, 0, tmp_path)
    made = profile.measure(quick, model("lookup_only"), Target("cpu"), contexts, 0, tmp_path)
    assert made.delegation.nodes_total == 2


@pytest.mark.slow
def test_the_maximum_cuts_a_round(model, contexts, quick, tmp_path):
    settings = msgspec.structs.replace(quick, min_runs=10**9, max_seconds=0.01)
    made = profile.measure(settings, model("recommender"), Target("cpu"), contexts, 0, tmp_path)
    assert 1 <= made.runs < 10**6


@pytest.mark.parametrize("keep", [0, 3, 100, 0.5, 0.99])
def test_a_cut_file_is_a_stage_error(model, contexts, quick, tmp_path, keep):
    path = model("recommender")
    content = path.read_bytes()
    path.write_bytes(content[: int(keep if keep > 1 else keep * len(content))])
    with pytest.raises(StageError, match=r"^cpu: the (runtime|timing process) "):
        profile.measure(quick, path, Target("cpu"), contexts, 0, tmp_path)


def test_a_missing_file_is_named(contexts, quick, tmp_path):
    with pytest.raises(StageError, match=r"refused the file.*nowhere\.tflite"):
        profile.measure(quick, tmp_path / "nowhere.tflite", Target("cpu"), contexts, 0, tmp_path)


def test_ids_outside_the_table_are_the_runtimes_complaint(model, quick, tmp_path):
    path = tmp_path / "wrong.npy"
    np.save(path, np.full((4, 8), 10**6, np.int32))
    with pytest.raises(StageError, match=r"the runtime could not run the file: .*gather"):
        profile.measure(quick, model("recommender"), Target("cpu"), path, 0, tmp_path)


@pytest.mark.parametrize(
    ("contexts_array", "reason"),
    [
        (np.zeros((4, 9), np.int32), r"takes int32 \[1, 8\], the contexts are int32 \[1, 9\]"),
        (np.zeros((4, 8), np.int64), r"int64 \(4, 8\), not int32"),
        (np.zeros((0, 8), np.int32), r"int32 \(0, 8\), not int32"),
    ],
)
def test_unfit_contexts_are_refused(model, quick, tmp_path, contexts_array, reason):
    path = tmp_path / "wrong.npy"
    np.save(path, contexts_array)
    with pytest.raises(StageError, match=reason):
        profile.measure(quick, model("recommender"), Target("cpu"), path, 0, tmp_path)


def test_a_slow_round_is_killed(model, contexts, quick, tmp_path, started):
    settings = msgspec.structs.replace(quick, timeout_seconds=0.5, **ENDLESS)
    with pytest.raises(StageError, match=r"killed after 0.5 s.*timeout_seconds"):
        profile.measure(settings, model("recommender"), Target("cpu"), contexts, 0, tmp_path)
    assert gone(started[0])


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_crash_names_its_signal(model, contexts, quick, tmp_path, started, number):
    def strike():
        while not started:
            time.sleep(0.005)
        time.sleep(0.3)
        os.kill(started[0], number)

    threading.Thread(target=strike).start()
    settings = msgspec.structs.replace(quick, **ENDLESS)
    with pytest.raises(StageError, match=f"the timing process died of {number.name}") as caught:
        profile.measure(settings, model("recommender"), Target("cpu"), contexts, 0, tmp_path)
    # Killed from outside is worth another try, a crash of its own is not.
    assert isinstance(caught.value, Killed) == (number == signal.SIGKILL)


@linux
def test_no_orphan_when_the_parent_is_killed(model, contexts, tmp_path):
    program = f"""
from pathlib import Path
from rbench import profile
from rbench.cells.target import Target
settings = profile.ProfileSettings(min_seconds=500, max_seconds=1000)
profile.measure(settings, Path({str(model("recommender"))!r}), Target("cpu"),
                Path({str(contexts)!r}), 0, Path({str(tmp_path)!r}))
"""
    parent = subprocess.Popen([sys.executable, "-c", program])
    listed = Path(f"/proc/{parent.pid}/task/{parent.pid}/children")
    until = time.monotonic() + 60
    children = ""
    while not children and time.monotonic() < until:
        time.sleep(0.02)
        children = listed.read_text()
    time.sleep(0.3)  # somewhere in its start or its work
    parent.kill()
    parent.wait()
    assert gone(int(children.split()[0]))


@pytest.mark.slow
@linux
def test_a_full_disk_is_the_operating_systems_error(model, contexts, quick, tmp_path):
    (tmp_path / "samples.npz").symlink_to("/dev/full")
    with pytest.raises(OSError) as raised:  # noqa: PT011
        profile.measure(quick, model("recommender"), Target("cpu"), contexts, 0, tmp_path)
    assert raised.value.errno == errno.ENOSPC


@pytest.mark.slow
def test_tensorflow_in_the_timing_process_is_refused(model, contexts, quick, tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['tensorflow'] = sys\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(StageError, match="imported TensorFlow"):
        profile.measure(quick, model("recommender"), Target("cpu"), contexts, 0, tmp_path)


def test_importing_the_stage_imports_no_runtime():
    program = (
        "import sys, rbench.profile\n"
        "heavy = {'numpy', 'ai_edge_litert', 'tensorflow', 'pandas'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
