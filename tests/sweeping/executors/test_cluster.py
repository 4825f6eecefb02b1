"""Two nodes on loopback, each with a store of its own: the records are those of one machine."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import msgspec
import pytest

from rbench.errors import UsageError
from rbench.study import Study
from rbench.sweeping.executors.cluster import Cluster
from rbench.sweeping.store import Store
from rbench.sweeping.sweep import sweep

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'rbench[ray]'")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.nice(0) > 0, reason="Ray's nodes inherit that these tests run nicely"),
]


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """The address of a head, which times nothing, and of a worker that does."""
    folder = tmp_path_factory.mktemp("cluster")
    # Ray's sockets lie among temporary files, and no socket's path may be longer than 107 bytes.
    sockets = tempfile.mkdtemp(prefix="ray", dir="/tmp")
    address = f"127.0.0.1:{free_port()}"
    port = address.rpartition(":")[2]
    started = []

    def start(name, *words):
        environment = {
            **os.environ,
            "RAY_TMPDIR": sockets,
            "RAY_worker_niceness": "0",
            "RBENCH_STORE": str(folder / name),
        }
        words = [sys.executable, "-m", "ray.scripts.scripts", "start", "--block", *words]
        words += ["--num-cpus=1", "--object-store-memory=100000000", "--disable-usage-stats"]
        with (folder / f"{name}.log").open("wb") as log:
            started.append(
                subprocess.Popen(
                    words, env=environment, stdout=log, stderr=log, start_new_session=True
                )
            )

    start("head", "--head", f"--port={port}", "--include-dashboard=false")
    until = time.monotonic() + 300
    while time.monotonic() < until:
        with socket.socket() as found:
            if not found.connect_ex(("127.0.0.1", int(port))):
                break
        time.sleep(0.5)
    start("worker", f"--address={address}", '--resources={"timing:there": 1}')
    ray.init(address=address, log_to_driver=False)
    while len([node for node in ray.nodes() if node["Alive"]]) < 2:
        if time.monotonic() > until or any(one.poll() is not None for one in started):
            logs = [(folder / f"{name}.log").read_text("utf-8") for name in ("head", "worker")]
            pytest.fail("\n\n".join(["two nodes did not come up", *logs]))
        time.sleep(0.5)
    ray.shutdown()
    yield address, folder
    for process in reversed(started):
        process.send_signal(signal.SIGTERM)
    for process in started:
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
    shutil.rmtree(sockets, ignore_errors=True)


MEASURED = ("machine", "timing", "inputs")
"""What may differ: where and how fast, and the keys of rounds and their summaries, by which machine
they are."""


def told(record):
    """What a record says besides; the training's seconds are times too."""
    said = {key: value for key, value in msgspec.to_builtins(record).items() if key not in MEASURED}
    said["training"] = {key: said["training"][key] for key in ("epochs", "best_epoch")}
    return said


def test_the_records_are_those_of_one_machine(cluster, tiny_study, tmp_path):
    address, folder = cluster
    study = Study.read(tiny_study)
    home = sweep(study, tmp_path / "home", store=Store(tmp_path / "one"))
    store = Store(tmp_path / "two")
    away = sweep(study, tmp_path / "away", store=store, executor=Cluster(address))
    assert [record.state for record in away.records] == ["ok"] * len(home.records)
    assert [told(record) for record in away.records] == [told(record) for record in home.records]
    # All rounds were timed on the worker, and every artefact came home.
    made = {path.parent.name for path in (folder / "worker" / "round").glob("*/*/result.json")}
    assert made == {path.parent.name for path in (store.root / "round").glob("*/*/result.json")}


def test_a_machine_that_nobody_offers(cluster, tiny_study):
    with pytest.raises(UsageError, match="allowed: there"):
        Cluster(cluster[0], "elsewhere").survey(Study.read(tiny_study))
    ray.shutdown()
