"""The tool's process: hangs, kills, orphans, floods."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from rbench.errors import StageError
from rbench.profile.tools.benchmark_model import launch, listener


def gone(pid: int, within_s: float = 60.0) -> bool:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.01)
    return False


def pid_in(path: Path, within_s: float = 60.0) -> int:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if path.is_file() and path.read_text():
            return int(path.read_text())
        time.sleep(0.01)
    raise AssertionError("the tool was not started")


linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@linux
def test_a_tool_that_hangs_is_killed(measure, tmp_path, monkeypatch):
    monkeypatch.setenv("STAND_IN_PID", str(tmp_path / "pid"))
    for seconds in (1.0, 4.0, 16.0, 64.0):  # it may take one of them to start
        with pytest.raises(StageError, match=r"took too long.*timeout_seconds"):
            measure(fault="hang", timeout_seconds=seconds)
        if (tmp_path / "pid").is_file():
            break
    assert gone(pid_in(tmp_path / "pid"))


@linux
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_no_orphan_when_the_parent_is_killed(stand_in, tmp_path, number):
    program = (
        "from pathlib import Path\n"
        "from rbench.profile.tools.benchmark_model.launch import launch\n"
        f"flags = ['--use_xnnpack=false', '--num_runs=50']\n"
        f"launch(Path({str(stand_in)!r}), flags, Path({str(tmp_path)!r}), timeout_s=99, where='')\n"
    )
    place = tmp_path / "pid"
    environment = {**os.environ, "STAND_IN_FAULT": "hang", "STAND_IN_PID": str(place)}
    parent = subprocess.Popen([sys.executable, "-c", program], env=environment)
    pid = pid_in(place)
    parent.send_signal(number)
    parent.wait()
    assert gone(pid)


@linux
def test_a_tool_that_is_killed_leaves_no_number(measure, tmp_path, monkeypatch):
    monkeypatch.setenv("STAND_IN_PID", str(tmp_path / "pid"))
    killer = subprocess.Popen(
        [
            "/bin/sh",
            "-c",
            'until [ -s "$1" ]; do sleep 0.05; done; sleep 0.3; kill -KILL $(cat "$1")',
            "sh",
            str(tmp_path / "pid"),
        ]
    )
    with pytest.raises(StageError, match="the tool died of SIGKILL"):
        measure(fault="hang")
    killer.wait()


@pytest.mark.slow
def test_a_flood_is_kept_small(tmp_path):
    program = (
        "import sys\n"
        "for _ in range(200000): sys.stderr.write('ERROR: gather index out of bounds\\n')\n"
        "sys.stderr.write('ERROR: Benchmarking failed.\\n'); print('INFO: said'); sys.exit(1)\n"
    )
    said = launch.launch(
        Path(sys.executable), ["-S", "-c", program], tmp_path, timeout_s=600, where=""
    )
    assert said.text == (
        "INFO: said\nERROR: gather index out of bounds\nERROR: Benchmarking failed.\n"
    )
    assert said.code == 1


@pytest.mark.parametrize("many", ["'x' * 9_000", "'x\\n' * 9_000"])
def test_more_than_can_be_read_is_a_failure(tmp_path, monkeypatch, many):
    monkeypatch.setattr(listener, "MOST_BYTES", 10_000)
    program = f"print({many}); print({many})"
    flags = ["-S", "-c", program]
    with pytest.raises(StageError, match="too much to be read"):
        launch.launch(Path(sys.executable), flags, tmp_path, timeout_s=600, where="here")


@pytest.mark.slow
@linux
def test_the_tools_memory_is_its_own(tmp_path):
    """A program inherits the peak of the process that starts it; the shell between has none."""
    ballast = np.ones(50_000_000)
    program = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    flags = ["-S", "-c", program]
    said = launch.launch(Path(sys.executable), flags, tmp_path, timeout_s=600, where="")
    assert said.code == 0
    assert int(said.text) * 1024 < ballast.nbytes / 4
