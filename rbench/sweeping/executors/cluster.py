"""A Ray cluster as an executor: building anywhere, each round on the machine that it is for.

The sweep's own process keeps the graph and the store: it hands jobs out, and takes every artefact
home. Nodes have stores of their own and need no shared file system.
"""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import msgspec

from rbench.cells.target import Target
from rbench.cells.tools import HOST
from rbench.errors import RbenchError, StageError, UsageError
from rbench.profile import Crowd
from rbench.records.machine import machine
from rbench.study import Study
from rbench.sweeping.executors import node as there
from rbench.sweeping.executors.executor import Survey
from rbench.sweeping.executors.graph import Failures, Graph, Place, Task
from rbench.sweeping.executors.local import Watched
from rbench.sweeping.executors.parcel import digest_in, packed, unpack
from rbench.sweeping.jobs import AnyJob, Bench, CheckJob, RoundJob
from rbench.sweeping.messages import Fault, Told
from rbench.sweeping.observer import Observer
from rbench.sweeping.store import Store
from rbench.system import extras

TIMING, PHONE = "timing:", "phone:"
"""What the names of Ray's custom resources begin with: a machine, a phone that may time."""
BESIDE_OTHERS = 0.01
"""Of a machine that times, what a check takes: as many as there are cores run there at once."""
REACHED_S = 5.0
"""For the address to answer."""
LOOK_S = 120.0
"""For the nodes to say what they are; a busy one imports slowly."""
TICK_S = 2.0
TRIES = 6
"""How often a job is done whose process or node was lost."""
PATIENCE_S = 30.0
"""After so long a job that nobody took is said to wait."""
GONE_S = 60.0
"""A resource that no node has for longer does not come back."""

Answer = Told | Fault | there.Parcel


class Seen(NamedTuple):
    """A node, and where Ray has it."""

    id: str
    cpus: float
    resources: dict[str, float]
    said: there.Node

    @property
    def name(self) -> str:
        """What people call it."""
        return self.said.machine.name


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
        _connect(self.address)
        try:
            return self._survey(study)
        except BaseException:
            import ray

            ray.shutdown()  # no sweep follows that would leave the cluster
            raise

    def _survey(self, study: Study) -> Survey:
        encoders = [study.plugin(name)[0] for name in study.encoders]
        self._nodes = _look(encoders, study.targets)
        _alike(self._nodes, encoders)
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
    def session(self, store: Store, observer: Observer, *, stall_s: float) -> Iterator[_Session]:
        """Begin one sweep; in the end leave the cluster."""
        import ray

        try:
            yield _Session(store, observer, stall_s, self._nodes, self.timing_host)
        finally:
            ray.shutdown()


class _Session:
    """One sweep on a cluster."""

    def __init__(
        self, store: Store, observer: Observer, stall_s: float, nodes: list[Seen], timer: str
    ) -> None:
        self.store = store
        self.observer = observer
        self.stall_s = stall_s
        self.nodes = nodes
        self.timer = timer
        self._sent: dict[Place, Any] = {}

    def build(self, jobs: Sequence[AnyJob], failures: Failures) -> None:
        """One job a core, on whichever node is free."""
        self._run(jobs, failures, self.observer)

    def time(self, jobs: Sequence[AnyJob], failures: Failures) -> None:
        """One round a machine or phone, with all of its node's cores for those of a machine."""
        self._run(jobs, failures, _Crowds(self.observer, self.store))

    def _run(self, jobs: Sequence[AnyJob], failures: Failures, observer: Observer) -> None:
        _Run(self, Graph(jobs, failures, self.store, observer), observer).finish()
        self.forget()

    def forget(self) -> None:
        """Send anew what is needed from now on."""
        self._sent.clear()

    def given(self, task: Task) -> dict[Place, tuple[str, Any]]:
        """What a node needs for a task: digests, and where the files are to be had."""
        import ray

        found = {}
        for place in task.needs:
            if place not in self._sent:
                content = msgspec.msgpack.encode(packed(self.store, *place))
                self._sent[place] = ray.put(content)
            # In a list, so that it is fetched where it is missing, and only there.
            found[place] = (digest_in(self.store, *place), [self._sent[place]])
        return found

    def resources(self, job: AnyJob) -> dict[str, Any]:
        """What Ray must have free for a job, as options of the task."""
        if not isinstance(job, RoundJob | CheckJob):
            return {"num_cpus": 1}
        device = Target.parse(job.target).device
        if device != HOST:
            return {"num_cpus": 1, "resources": {PHONE + device: 1}}
        offer = TIMING + self.timer
        if isinstance(job, CheckJob):  # where its tool was looked for; it need not be alone there
            return {"num_cpus": 1, "resources": {offer: BESIDE_OTHERS}}
        cpus = next((seen.cpus for seen in self.nodes if offer in seen.resources), 1)
        return {"num_cpus": cpus, "resources": {offer: 1}}


class _Running(NamedTuple):
    """A task that was handed to Ray."""

    task: Task
    offer: str
    """The custom resource that it needs."""
    since: float


class _Run:
    """One pass over a graph."""

    def __init__(self, session: _Session, graph: Graph, observer: Observer) -> None:
        import ray

        self.session = session
        self.graph = graph
        self.observer = observer
        self.running: dict[Any, _Running] = {}
        self.begun: set[Place] = set()
        self.lost: dict[Place, int] = {}
        self.told: set[str] = set()
        self.missing_since: dict[str, float] = {}
        self.remote = ray.remote(_perform)
        self.width = max(1, int(sum(seen.cpus for seen in session.nodes)))

    def finish(self) -> None:
        """Until nothing is left that can be done."""
        import ray

        try:
            while self.graph.waiting or self.running:
                self.graph.drop_hopeless()
                self._hand_out()
                if not self.running:
                    continue
                ready, _ = ray.wait(list(self.running), timeout=TICK_S, fetch_local=False)
                for stream in ready:
                    self._hear(stream)
                self._say_who_waits()
        finally:
            for stream in self.running:
                ray.cancel(stream, force=False)

    def _hand_out(self) -> None:
        places = [running.task.place for running in self.running.values()]
        taken = {running.offer for running in self.running.values()} - {""}
        for task in self.graph.ready(places):
            if len(self.running) >= self.width + len(taken):
                return
            options = self.session.resources(task.job)
            offer = next(iter(options.get("resources", {})), "")
            if offer in taken:
                continue
            taken |= {offer} - {""}
            self.graph.take(task)
            order = there.ordered(task.job, task.place[1], self.session.stall_s)
            stream = self.remote.options(**options, num_returns="streaming", max_retries=0).remote(
                order, self.session.given(task)
            )
            self.running[stream] = _Running(task, offer, time.monotonic())

    def _hear(self, stream: Any) -> None:
        import ray

        running = self.running[stream]
        task = running.task
        try:
            content = ray.get(next(stream))
            answer = msgspec.msgpack.decode(content, type=Answer)
            if isinstance(answer, there.Parcel):
                unpack(self.session.store, *task.place, answer.files, answer.digest)
        except StopIteration:
            self._again(stream, "its answers ended")
        except (ray.exceptions.RayError, StageError) as error:
            self._again(stream, str(error).strip().splitlines()[0])
        else:
            self._note(stream, answer)

    def _note(self, stream: Any, answer: Answer) -> None:
        task = self.running[stream].task
        if isinstance(answer, Told):
            if task.place not in self.begun:
                self.begun.add(task.place)
                self.observer.started(task.job)
            elif answer.progress.text or answer.progress.done:
                self.observer.moved(task.job, answer.progress)
        elif isinstance(answer, Fault) and answer.passing:
            self._again(stream, answer.reason)
        else:
            del self.running[stream]
            if isinstance(answer, Fault):
                self.graph.failed(task, answer)
            else:
                self.graph.done(task)

    def _again(self, stream: Any, why: str) -> None:
        """A job whose process or node was lost, or was killed, is done again."""
        task = self.running.pop(stream).task
        self.lost[task.place] = self.lost.get(task.place, 0) + 1
        self.begun.discard(task.place)  # it waits anew, which is said
        if self.lost[task.place] >= TRIES:
            self.graph.failed(task, Fault(reason=why, passing=True))
            return
        self.session.forget()  # what a lost node held is sent anew
        self.observer.noticed(f"{task.job.stage} {task.place[1][:12]}: {why}; it is done again")
        self.graph.waiting.insert(0, task)

    def _say_who_waits(self) -> None:
        import ray

        idle = [r for r in self.running.values() if r.task.place not in self.begun]
        if not idle:
            return
        there_is = ray.cluster_resources()
        now = time.monotonic()
        for stream, running in list(self.running.items()):
            if running not in idle:
                continue
            offer = running.offer or "CPU"
            if offer not in there_is:
                since = self.missing_since.setdefault(offer, now)
                if offer not in self.told:
                    self.told.add(offer)
                    self.observer.noticed(f"no node of the cluster has {offer}: waiting for it")
                if now - since > GONE_S or running.offer.startswith(PHONE):
                    ray.cancel(stream, force=False)
                    del self.running[stream]
                    reason = (
                        f"no node of the cluster has {offer}; start the one that does with: "
                        f"ray start … --resources='{{\"{offer}\": 1}}'"
                    )
                    self.graph.failed(running.task, Fault(reason=reason, passing=True))
            else:
                self.missing_since.pop(offer, None)
                if now - running.since > PATIENCE_S and offer not in self.told:
                    self.told.add(offer)
                    self.observer.noticed(f"the cluster is busy: waiting for {offer}")


class _Crowds(Watched):
    """Watches each machine and phone by itself."""

    def __init__(self, observer: Observer, store: Store) -> None:
        super().__init__(observer, store, Crowd())
        self._by_device: dict[str, Crowd] = {}

    def ended(self, job: AnyJob, failure: Any) -> None:
        """Look with the eyes for that device."""
        if isinstance(job, RoundJob):
            device = Target.parse(job.target).device
            self.crowd = self._by_device.setdefault(device, Crowd())
        super().ended(job, failure)


def _perform(order: bytes, given: dict[Place, tuple[str, Any]]) -> Iterator[bytes]:
    import ray

    def fetch(content: Any) -> bytes:
        return bytes(ray.get(content[0]))

    yield from there.perform(order, given, fetch)


def _connect(address: str) -> None:
    import logging

    import ray

    if address:
        _reach(address)
    before = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(
            address=address or "auto",
            ignore_reinit_error=True,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except Exception as error:  # Ray raises whatever its parts raise
        raise UsageError(
            f"cannot join the Ray cluster: {(str(error).strip() or repr(error)).splitlines()[0]}",
            where=address or "--executor ray",
            remedy="start one here with: ray start --head, or join one with: "
            "ray start --address=HOST:PORT, with the same Ray and Python as its other nodes",
        ) from error
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)


def _reach(address: str) -> None:
    host, _, port = address.rpartition(":")
    try:
        if not host or "//" in host:
            raise ValueError("it is no HOST:PORT")
        socket.create_connection((host, int(port)), timeout=REACHED_S).close()
    except (OSError, ValueError) as error:
        raise UsageError(
            f"nothing answers there: {error}",
            where=f"--executor ray:{address}",
            allowed="ray:HOST:PORT of the cluster's head, by default port 6379",
            remedy="start it with: ray start --head, or look whether a firewall stands between",
        ) from error


def _look(encoders: Sequence[str], targets: Sequence[str]) -> list[Seen]:
    """Ask every node that lives what it is.

    Raises:
        UsageError: one has no rbench, or does not answer.
    """
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    remote = ray.remote(there.look)
    asked = {}
    for known in ray.nodes():
        if known["Alive"] and known["Resources"].get("CPU"):
            pinned = NodeAffinitySchedulingStrategy(known["NodeID"], soft=False)
            options = {"num_cpus": 0, "max_retries": 2, "scheduling_strategy": pinned}
            asked[known["NodeID"]] = (
                known,
                remote.options(**options).remote(list(encoders), list(targets)),
            )
    found = []
    until = time.monotonic() + LOOK_S
    for name, (known, answer) in asked.items():
        where = known["NodeManagerHostname"]
        try:
            content = ray.get(answer, timeout=max(1.0, until - time.monotonic()))
        except RbenchError:
            raise
        except Exception as error:  # Ray raises whatever its parts raise
            last = (str(error).strip() or repr(error)).splitlines()[-1]
            raise UsageError(
                f"the node cannot do rbench's work: {last}",
                where=where,
                remedy="install the same rbench there: pip install 'rbench[sweep,ray]', or take "
                "the node out of the cluster",
            ) from error
        said = msgspec.msgpack.decode(content, type=there.Node)
        found.append(Seen(name, known["Resources"]["CPU"], known["Resources"], said))
    if not found:
        raise UsageError(
            "no node of the cluster has a CPU to work with",
            where="--executor ray",
            remedy="add one with: ray start --address=HOST:PORT",
        )
    return found


def _alike(nodes: Sequence[Seen], encoders: Sequence[str]) -> None:
    """Raise UsageError where a node would do something else under the same key."""
    from rbench import plugins

    here = there.versions()
    sources = {name: plugins.source_hash(name) for name in encoders}
    for seen in nodes:
        for name, said in here.items():
            found = seen.said.versions.get(name, "")
            if found != said:
                shown = f"{name} {found or 'none'}, and {said or 'none'} here"
                raise UsageError(
                    f"it has {name} other than here" if len(said) == 64 else f"it has {shown}",
                    where=f"node {seen.name}",
                    remedy="install the same versions on all nodes, then restart their Ray",
                )
        for name, said in sources.items():
            if seen.said.plugins.get(name) != said:
                raise UsageError(
                    f"it does not have the same encoder {name}",
                    where=f"node {seen.name}",
                    remedy="install its package, or lay its file at the same absolute path, on all "
                    "nodes",
                )
