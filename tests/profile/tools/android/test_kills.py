"""Kills in the middle of a timing: no orphan, no half artefact, no wrong number.

Real processes, each killed with SIGKILL: rbench, its worker, and what the worker started.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from rbench.cells.target import Target
from rbench.profile import ProfileSettings, Round
from rbench.profile.tools.android.phone import _RUN, PID
from rbench.profile.tools.benchmark_model import tool
from rbench.sweeping.bench import bench_of
from rbench.sweeping.jobs import RoundJob
from rbench.sweeping.perform import perform
from rbench.sweeping.store import Store

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]

DRIVER = """
import json, sys
from pathlib import Path
import msgspec
from rbench.sweeping.executors.children import Children
from rbench.sweeping.jobs import RoundJob
from rbench.sweeping.observer import Silent
from rbench.sweeping.store import Store
job = msgspec.json.decode(sys.argv[1], type=RoundJob)
failures = {}
Children(Store(Path(sys.argv[2])), Silent(), width=1, threads=0).run([job], failures)
print(json.dumps([msgspec.to_builtins(failure) for failure in failures.values()]))
"""
TARGETS = ("xnnpack", "benchmark_model/cpu", "PHONE1/benchmark_model/cpu")
CHILDREN = {
    "xnnpack": "rbench.profile.tools.litert.interpreter_child",
    "benchmark_model/cpu": "benchmark_model/stand_in.py",
    "PHONE1/benchmark_model/cpu": "stand_in_adb.py -s PHONE1 shell",
}
"""Target -> what the command line of the process that the worker started holds."""


def family(root: int) -> dict[int, str]:
    """Process id -> command line, of a process and all below it; the dead are not counted."""
    parents, lines = {}, {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (place / "stat").read_text().rpartition(")")[2].split()[:2]
            lines[int(place.name)] = (
                (place / "cmdline").read_text(errors="replace").replace("\0", " ")
            )
        except OSError:
            continue
        if state != "Z":
            parents[int(place.name)] = int(parent)
    found = {root} & set(parents)
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return {pid: lines[pid] for pid in found}


def awaited(what, within_s=120.0):
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if found := what():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come to that")


def alive(pids):
    def living(pid):
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        except OSError:
            return False

    return {pid for pid in pids if living(pid)}


@pytest.fixture
def native(tmp_path, monkeypatch, phone):
    """The tool on this host too, which hangs in the middle of a run."""
    path = tmp_path / "benchmark_model"
    path.write_bytes(Path(os.environ[tool.FOR_PHONES]).read_bytes())
    path.chmod(0o755)
    monkeypatch.setenv(tool.VARIABLE, str(path))
    monkeypatch.setenv("STAND_IN_FAULT", "hang")
    monkeypatch.setenv("STAND_IN_PID", str(tmp_path / "pid"))


@pytest.fixture
def job(tmp_path, model, contexts, native):
    """A round whose file and contexts lie in a store, for a target."""

    def make(target):
        store = Store(tmp_path / "store")
        for stage, source, name in (
            ("convert", model("recommender"), "model.tflite"),
            ("contexts", contexts, "contexts.npy"),
        ):
            store.folder(stage, stage).mkdir(parents=True)
            (store.folder(stage, stage) / name).write_bytes(source.read_bytes())
        long = 60.0 if Target.parse(target).tool == "litert" else 0.01
        settings = ProfileSettings(
            rounds=1, min_runs=100, min_seconds=long, max_seconds=120.0, warmup_seconds=0.01
        )
        made = RoundJob(
            settings=settings,
            target=target,
            bench=bench_of(target, "here"),
            number=0,
            convert="convert",
            contexts="contexts",
        )
        return made, store

    return make


@pytest.mark.parametrize("victim", ["rbench", "worker", "child"])
@pytest.mark.parametrize("target", TARGETS)
def test_a_kill_leaves_nothing(job, phone, tmp_path, monkeypatch, target, victim):
    made, store = job(target)
    words = [sys.executable, "-c", DRIVER, msgspec.json.encode(made).decode(), str(store.root)]
    rbench = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)

    def at_work():
        """The whole family, once the timing runs."""
        found = family(rbench.pid)
        running = target == "xnnpack" or (tmp_path / "pid").is_file()
        return found if running and any(CHILDREN[target] in line for line in found.values()) else {}

    awaited(at_work)
    time.sleep(0.7)
    everybody = at_work()
    named = {"rbench": "", "worker": "rbench.sweeping.worker", "child": CHILDREN[target]}[victim]
    # Shells between may hold the same words; the process itself was started last.
    fitting = [pid for pid, line in everybody.items() if named in line]
    chosen = rbench.pid if victim == "rbench" else max(fitting)
    os.kill(chosen, signal.SIGKILL)
    said = rbench.communicate(timeout=600)[0]
    awaited(lambda: not alive(everybody))

    assert not store.has("round", made.key)
    assert not (store.folder("round", made.key) / "result.json").exists()
    noted = store.failure("round", made.key)
    if victim == "rbench":
        assert noted is None
    else:
        (failure,) = json.loads(said)
        assert failure["passing"], failure
        assert noted is not None
        assert noted.passing
    if target != "xnnpack":
        monkeypatch.setenv("STAND_IN_FAULT", "")
        again = perform(made, store, lambda progress: None)
        assert again.median_us == 140
        assert store.read("round", made.key, Round) == again
    # This phone is a process below the worker, whose keeper may end it before it has cleared up, as
    # no keeper can a real one; then the next round clears what it finds.
    awaited(lambda: not phone.left)


def test_a_connection_that_ends_leaves_no_folder(tmp_path):
    """The shell that waited for the tool must not end the guard before it has cleared up."""
    left = []
    for number in range(30):
        folder = tmp_path / str(number)
        folder.mkdir()
        script = _RUN.format(folder=folder, line="sleep 600", pid=PID)
        shell = subprocess.Popen(
            ["/bin/sh", "-c", script], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        awaited((folder / PID).is_file)
        shell.stdin.close()
        shell.wait(timeout=600)
        left.append(folder)
    awaited(lambda: not any(folder.exists() for folder in left))


def test_a_tool_killed_on_the_phone_is_tried_again(job, phone, tmp_path, monkeypatch):
    """By the phone itself, say, short of memory."""
    made, store = job("PHONE1/benchmark_model/cpu")
    words = [sys.executable, "-c", DRIVER, msgspec.json.encode(made).decode(), str(store.root)]
    rbench = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    awaited(lambda: (tmp_path / "pid").is_file() and (tmp_path / "pid").read_text())
    time.sleep(0.5)
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
    (failure,) = json.loads(rbench.communicate(timeout=600)[0])
    assert failure["passing"]
    assert "the tool died of SIGKILL" in failure["reason"]
    assert phone.left == []
