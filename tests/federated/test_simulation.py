"""Flower's own simulation: killed and gone on with, and nothing is left of it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="training needs rbench[sweep]")
pytest.importorskip("flwr", reason="Flower is not installed: pip install 'rbench[federated]'")
from rbench.federated import engine
from rbench.federated.standing import Standing, told
from rbench.progress import silent
from rbench.system.keeping import descendants
from rbench.train import checkpoint

pytestmark = pytest.mark.slow

PROGRAM = """
import sys
from rbench.federated import engine
from rbench.federated.task import Task
from rbench.progress import silent
engine.run(Task.of(sys.argv[1]), silent)
"""


def end_of(task):
    standing, groups = checkpoint.read(Path(task.folder), Standing)
    return standing, groups["weights"]


def test_a_killed_simulation_goes_on_at_its_next_round(task_of, trained):
    whole = task_of("whole", rounds=4, validate_every=1)
    expected, _, _ = trained(whole)  # in this process: the same clients, the same draws
    task = task_of("killed", rounds=4, validate_every=1)
    process = subprocess.Popen([sys.executable, "-P", "-c", PROGRAM, task.text()])
    until = time.monotonic() + 500
    while (known := told(Path(task.folder))) is None or not known.round:
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.05)
    started = list(descendants(process.pid))
    assert started
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    until = time.monotonic() + 60
    while left := [one for one in started if _runs(one)]:
        assert time.monotonic() < until, f"still running: {left}"
        time.sleep(0.5)
    engine.run(task, silent)
    standing, weights = end_of(task)
    assert standing.round == 4
    assert standing.nodes == task.clients
    for name, one in expected.items():
        np.testing.assert_allclose(weights[name], one, rtol=1e-5, atol=1e-6)


def _runs(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_failure_of_the_app_is_told(task_of):
    task = msgspec.structs.replace(task_of("lost"), data="/nowhere")
    from rbench.errors import StageError

    with pytest.raises(StageError):
        engine.run(task, silent)
