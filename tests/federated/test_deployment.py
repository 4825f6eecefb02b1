"""The same app by ``flwr run`` on a SuperLink and two SuperNodes, each with half of the users."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("tensorflow", reason="training needs rbench[sweep]")
pytest.importorskip("flwr", reason="Flower is not installed: pip install 'rbench[federated]'")
from rbench.federated import engine
from rbench.federated.standing import Standing
from rbench.federated.task import learner_of
from rbench.progress import silent
from rbench.system import processes
from rbench.system.keeping import end_marked
from rbench.train import checkpoint

pytestmark = pytest.mark.slow

PROGRAMS = Path(sys.executable).parent


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture
def federation(tmp_path):
    """The address of a SuperLink on which two SuperNodes are."""
    home = tmp_path / "theirs"
    environment = {
        **os.environ,
        "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}",
        "FLWR_HOME": str(home),
        "FLWR_TELEMETRY_ENABLED": "0",
        "FLWR_DISABLE_UPDATE_CHECK": "1",
        "TF_USE_LEGACY_KERAS": "1",
    }
    started = []

    def start(name, *words):
        with (tmp_path / f"{name}.log").open("wb") as log:
            started.append(
                subprocess.Popen(
                    [PROGRAMS / words[0], "--insecure", *words[1:]],
                    env=environment,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            )

    port = free_port()
    address = f"127.0.0.1:{port}"
    link = ("flower-superlink", "--host", "127.0.0.1", "--port", str(port))
    start("link", *link, "--disable-runtime-dependency-installation")
    until = time.monotonic() + 120
    while time.monotonic() < until:
        with socket.socket() as found:
            if not found.connect_ex(("127.0.0.1", port)):
                break
        time.sleep(0.5)
    for number in range(2):
        own = ("--port", str(free_port()))
        node = ("--node-config", f"partition-id={number} num-partitions=2")
        start(f"node{number}", "flower-supernode", "--superlink", address, *own, *node)
    yield address
    for process in started:
        processes.end(process)
    end_marked(f"FLWR_HOME={home}")


def test_the_same_app_runs_on_a_deployment(task_of, federation, tmp_path):
    task = task_of(rounds=2, clients_per_round=2, superlink=federation)
    before = learner_of(task.text()).weights()
    engine.run(task, silent)
    standing, groups = checkpoint.read(Path(task.folder), Standing)
    assert (standing.round, standing.nodes, standing.trained, standing.failed) == (2, 2, 4, 0)
    assert any((groups["weights"][name] != one).any() for name, one in before.items())


def test_a_superlink_that_is_not_there_is_said(task_of):
    from rbench.errors import StageError

    with pytest.raises(StageError, match="flwr run failed"):
        engine.run(task_of(superlink=f"127.0.0.1:{free_port()}"), silent)
