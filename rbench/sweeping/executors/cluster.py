"""A Ray cluster as an executor: building anywhere, each round on the machine that it is for.

The sweep's own process keeps the graph and the store: it hands jobs out, and takes every artefact
home. Nodes have stores of their own and need no shared file system.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rbench.cells.target import Target
from rbench.cells.tools import HOST
from rbench.errors import UsageError
from rbench.records.machine import machine
from rbench.study import Study
from rbench.sweeping.executors.executor import Survey
from rbench.sweeping.executors.joining import Seen, check_alike, connect, look
from rbench.sweeping.executors.remote import PHONE, TIMING, RemoteSession
from rbench.sweeping.jobs import Bench
from rbench.sweeping.observer import Observer
from rbench.sweeping.store import Store
from rbench.system import extras


class Cluster:
    """Does a sweep's jobs on an existing Ray cluster.

    Args:
        address: ``HOST:PORT`` of the cluster; empty: the one that runs on this machine.
        timing_host: the machine that times what names no phone; empty: the only one that offers it.
    """

    here = False

    def __init__(self, address: str = "", timing_host: str = "") -> None:
        self.address = address
        self.timing_host = timing_host
        self._nodes: list[Seen] = []

    def survey(self, study: Study) -> Survey:
        """Ask the nodes what they are, and refuse a cluster that cannot do the study.

        Raises:
            MissingExtraError: Ray is not installed.
            UsageError: the cluster cannot be reached, its nodes differ, or none can time.
        """
        extras.require("ray", "--executor ray")
        connect(self.address)
        try:
            return self._survey(study)
        except BaseException:
            import ray

            ray.shutdown()  # no sweep follows that would leave the cluster
            raise

    def _survey(self, study: Study) -> Survey:
        encoders = [study.plugin(name)[0] for name in study.encoders]
        self._nodes = look(encoders, study.targets)
        check_alike(self._nodes, encoders)
        benches: dict[str, Bench] = {}
        timer = None
        for target in study.targets:
            device = Target.parse(target).device
            if device == HOST:
                timer = timer or self._timer()
                benches[target] = timer.said.benches[target]
            else:
                near = [seen for seen in self._nodes if PHONE + device in seen.resources]
                chosen = near[0] if near else self._nodes[0]
                benches[target] = chosen.said.benches[target]
        return Survey(machine=timer.said.machine if timer else machine(), benches=benches)

    def _timer(self) -> Seen:
        """The node that times what names no phone."""
        offers = {
            name.removeprefix(TIMING): seen
            for seen in self._nodes
            for name in seen.resources
            if name.startswith(TIMING)
        }
        wanted = self.timing_host or (next(iter(offers)) if len(offers) == 1 else "")
        if wanted not in offers:
            known = ", ".join(sorted(offers)) or "none"
            raise UsageError(
                "no node of the cluster offers to time"
                if not offers or wanted
                else "several nodes of the cluster offer to time",
                where=f"--timing-host {self.timing_host}" if self.timing_host else "--executor ray",
                allowed=known,
                remedy="start a node with: RAY_worker_niceness=0 ray start … "
                "--resources='{\"timing:NAME\": 1}'"
                if not offers or wanted
                else "name one with --timing-host NAME",
            )
        chosen = offers[wanted]
        self.timing_host = wanted
        if chosen.said.nice > 0:
            raise UsageError(
                f"Ray's processes on {wanted} run at nice {chosen.said.nice}, which falsifies "
                "timings",
                where="--executor ray",
                remedy="stop that node, and start it with: RAY_worker_niceness=0 ray start …",
            )
        return chosen

    @contextmanager
    def session(
        self, store: Store, observer: Observer, *, stall_s: float
    ) -> Iterator[RemoteSession]:
        """Begin one sweep; in the end leave the cluster."""
        import ray

        try:
            yield RemoteSession(store, observer, stall_s, self._nodes, self.timing_host)
        finally:
            ray.shutdown()
