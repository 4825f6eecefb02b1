"""Sweeps on a Ray cluster of this machine: what kills cost, and what the cluster itself does.

    pip install 'rbench[sweep,ray]'
    python benchmarks/cluster.py [--kills 10] [--seed 1] [--epochs 8]

A small study is swept by child processes, then on a cluster of one node, each from nothing: the
second time over the first is printed. Then it is swept on a head that times nothing and two workers
with stores of their own, of which one times, while SIGKILL hits, at random moments, a task's
process or a whole worker, which is started again. Counted are cells that are missing, there twice
or not ok; trainings that were begun again after they were done; and rounds that were timed on one
machine at the same time, by when they began and how long they took. Linux. Leaves with 1 if there
was any.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path

import numpy as np

from rbench.profile import Round
from rbench.records import Run
from rbench.study import Study
from rbench.sweeping.executors.cluster import Cluster
from rbench.sweeping.jobs import AnyJob, TrainJob
from rbench.sweeping.observer import Silent
from rbench.sweeping.store import Failure, Store
from rbench.sweeping.sweep import sweep
from rbench.system.keeping import descendants

WAIT_S = (2.0, 15.0)
"""From one kill to the next."""
UP_S = 300.0
"""For a node to join."""
WORKER = ("--num-cpus=1", "--object-store-memory=100000000", "--disable-usage-stats")
TIMES = '--resources={"timing:there": 1}'


class Nodes:
    """A cluster on loopback."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{found.getsockname()[1]}"
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.words: dict[str, tuple[str, ...]] = {}

    def start(self, name: str, *words: str) -> None:
        """Begin a node with a store of its own; the first is the head."""
        self.words[name] = words
        port = self.address.rpartition(":")[2]
        joined = (
            ("--head", f"--port={port}", "--include-dashboard=false")
            if name == "head"
            else (f"--address={self.address}",)
        )
        command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--block", *joined]
        store = {"RAY_worker_niceness": "0", "RBENCH_STORE": str(self.folder / name)}
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [*command, *WORKER, *words],
                env={**os.environ, **store},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait(self, count: int) -> None:
        """Until so many nodes are there."""
        import ray

        until = time.monotonic() + UP_S
        host, _, port = self.address.rpartition(":")
        while time.monotonic() < until:
            with socket.socket() as found:
                if not found.connect_ex((host, int(port))):
                    break
            time.sleep(0.5)
        ray.init(address=self.address, log_to_driver=False)
        while sum(one["Alive"] for one in ray.nodes()) < count and time.monotonic() < until:
            time.sleep(0.5)
        found = sum(one["Alive"] for one in ray.nodes())
        ray.shutdown()
        if found < count:
            sys.exit(f"{found} of {count} nodes came up within {UP_S:g} s: see {self.folder}")

    def kill(self, name: str) -> None:
        """All of a node, at once."""
        process = self.running.pop(name)
        for pid in (*descendants(process.pid), process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()

    def kill_a_task(self, name: str, draw: random.Random) -> bool:
        """A process of Ray's in which a job is done, or the child that does it."""
        every = [pid for pid in descendants(self.running[name].pid) if _works(pid)]
        if every:
            with suppress(ProcessLookupError):
                os.kill(draw.choice(every), signal.SIGKILL)
        return bool(every)


def _works(pid: int) -> bool:
    try:
        said = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return said.startswith(b"ray::_perform") or b"rbench.sweeping.worker" in said


class Watch(Silent):
    """Notes which jobs begin again though they were done."""

    def __init__(self) -> None:
        self.done: Counter[str] = Counter()
        self.remade = 0

    def started(self, job: AnyJob) -> None:
        self.remade += isinstance(job, TrainJob) and job.key in self.done

    def ended(self, job: AnyJob, failure: Failure | None) -> None:
        if failure is None:
            self.done[job.key] += 1


@contextmanager
def cluster(folder: Path, workers: dict[str, tuple[str, ...]], head: tuple[str, ...] = ()):  # type: ignore[no-untyped-def]
    """A head and workers, and none of their processes afterwards."""
    folder.mkdir()
    nodes = Nodes(folder)
    try:
        nodes.start("head", *head)
        nodes.wait(1)
        # One after the other: two that begin at once look for free ports together.
        for number, (name, words) in enumerate(workers.items()):
            nodes.start(name, *words)
            nodes.wait(2 + number)
        yield nodes
    finally:
        for name in list(nodes.running):
            nodes.kill(name)


def study(epochs: int) -> Study:
    """Two encoders, two recipes, one target: some dozens of jobs."""
    return Study.build(
        {
            "name": "cluster",
            "encoders": ["bow", "gru"],
            "recipes": ["float32", "dynamic_wi8"],
            "targets": ["cpu"],
            "data": {"synthetic": {"users": 300, "items": 100, "interactions_per_user": 20}},
            "model": {"width": 16, "length": 10, "top_k": 20},
            "train": {"epochs": epochs},
            "evaluate": {"bootstrap": 50},
            "profile": {"rounds": 6, "min_runs": 60, "min_seconds": 0.3},
        }
    )


def overlapping(folders: list[Path]) -> int:
    """Pairs of rounds in these stores that were timed at the same time."""
    spans = sorted(span for folder in folders for span in _spans(folder))
    return sum(later[0] < sooner[1] for sooner, later in pairwise(spans))


def _spans(store: Path) -> Iterator[tuple[float, float]]:
    for path in store.glob("round/*/*/result.json"):
        found = Store(store).read("round", path.parent.name, Round)
        taken = np.load(path.parent / "samples.npz")["samples_ns"].sum() / 1e9
        yield found.began, found.began + float(taken)


def hit(nodes: Nodes, kills: int, draw: random.Random, over: threading.Event) -> None:
    """Kill, and start again what was a node, until there were enough or the sweep is over."""
    done = 0
    while done < kills and not over.wait(draw.uniform(*WAIT_S)):
        name = draw.choice(["builds", "times"])
        if draw.random() < 0.6:
            if not nodes.kill_a_task(name, draw):
                continue
            print(f"killed a task of {name}", flush=True)
        else:
            nodes.kill(name)
            nodes.start(name, *nodes.words[name])
            print(f"killed the node {name}", flush=True)
        done += 1


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--pace", action="store_true", help="only compare the times")
    given = parser.parse_args()
    wanted = study(given.epochs)
    with tempfile.TemporaryDirectory(prefix="rbench-cluster-") as place:
        folder = Path(place)
        cores = f"--num-cpus={os.cpu_count()}"
        began = time.monotonic()
        sweep(wanted, folder / "at-home", store=Store(folder / "one"))
        at_home = time.monotonic() - began
        with cluster(folder / "alone", {}, (cores, TIMES)) as nodes:
            began = time.monotonic()
            there = Cluster(nodes.address)
            sweep(wanted, folder / "away", store=Store(folder / "two"), executor=there)
            away = time.monotonic() - began
        print(f"at home {at_home:.1f} s, on a node {away:.1f} s: {away / at_home:.2f}", flush=True)
        if given.pace:
            return 0
        watch, over = Watch(), threading.Event()
        workers: dict[str, tuple[str, ...]] = {"builds": (), "times": (TIMES,)}
        with cluster(folder / "hit", workers) as nodes:
            killer = threading.Thread(
                target=hit, args=(nodes, given.kills, random.Random(given.seed), over)
            )
            killer.start()
            try:
                there, store = Cluster(nodes.address), Store(folder / "three")
                run: Run = sweep(
                    wanted, folder / "run", store=store, executor=there, observer=watch
                )
            finally:
                over.set()
                killer.join()
            names = Counter(str(record.cell) for record in run.records)
            cells = {str(cell) for cell in wanted.cells()}
            found = {
                "missing": len(cells - set(names)),
                "double": sum(count - 1 for count in names.values()),
                "not ok": sum(record.state != "ok" for record in run.records),
                "trainings again": watch.remade,
                "overlapping rounds": overlapping([store.root]),
            }
    print(", ".join(f"{count} {name}" for name, count in found.items()))
    return 1 if any(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
