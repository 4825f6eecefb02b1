"""One sweep on a Ray cluster: jobs are handed out, their artefacts taken home, and what was lost is
done again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from rbench.cells.target import Target
from rbench.cells.tools import HOST
from rbench.errors import StageError
from rbench.profile import Contention
from rbench.sweeping.executors import node as there
from rbench.sweeping.executors.graph import ArtefactKey, Failures, Graph, Task
from rbench.sweeping.executors.joining import Seen
from rbench.sweeping.executors.local import Watched
from rbench.sweeping.executors.parcel import digest_in, packed, unpack
from rbench.sweeping.jobs import AnyJob, CheckJob, RoundJob
from rbench.sweeping.messages import Fault, Told
from rbench.sweeping.observer import Observer
from rbench.sweeping.store import Store

TIMING, PHONE = "timing:", "phone:"
"""What the names of Ray's custom resources begin with: a machine, a phone that may time."""
BESIDE_OTHERS = 0.01
"""Of a machine that times, what a check takes: as many as there are cores run there at once."""
TICK_S = 2.0
TRIES = 6
"""How often a job is done whose process or node was lost."""
PATIENCE_S = 30.0
"""After so long a job that nobody took is said to wait."""
GONE_S = 60.0
"""A resource that no node has for longer does not come back."""
Answer = Told | Fault | there.Parcel


class RemoteSession:
    """One sweep on a cluster."""

    def __init__(
        self, store: Store, observer: Observer, stall_s: float, nodes: list[Seen], timer: str
    ) -> None:
        self.store = store
        self.observer = observer
        self.stall_s = stall_s
        self.nodes = nodes
        self.timer = timer
        self._sent: dict[ArtefactKey, Any] = {}

    def build(self, jobs: Sequence[AnyJob], failures: Failures) -> None:
        """One job a core, on whichever node is free."""
        self._run(jobs, failures, self.observer)

    def time(self, jobs: Sequence[AnyJob], failures: Failures) -> None:
        """One round a machine or phone, with all of its node's cores for those of a machine."""
        self._run(jobs, failures, _Contentions(self.observer, self.store))

    def _run(self, jobs: Sequence[AnyJob], failures: Failures, observer: Observer) -> None:
        _Run(self, Graph(jobs, failures, self.store, observer), observer).finish()
        self.forget()

    def forget(self) -> None:
        """Send anew what is needed from now on."""
        self._sent.clear()

    def given(self, task: Task) -> dict[ArtefactKey, tuple[str, Any]]:
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

    def __init__(self, session: RemoteSession, graph: Graph, observer: Observer) -> None:
        import ray

        self.session = session
        self.graph = graph
        self.observer = observer
        self.running: dict[Any, _Running] = {}
        self.begun: set[ArtefactKey] = set()
        self.lost: dict[ArtefactKey, int] = {}
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


class _Contentions(Watched):
    """Watches each machine and phone by itself."""

    def __init__(self, observer: Observer, store: Store) -> None:
        super().__init__(observer, store, Contention())
        self._by_device: dict[str, Contention] = {}

    def ended(self, job: AnyJob, failure: Any) -> None:
        """Look with the eyes for that device."""
        if isinstance(job, RoundJob):
            device = Target.parse(job.target).device
            self.contention = self._by_device.setdefault(device, Contention())
        super().ended(job, failure)


def _perform(order: bytes, given: dict[ArtefactKey, tuple[str, Any]]) -> Iterator[bytes]:
    import ray

    def fetch(content: Any) -> bytes:
        return bytes(ray.get(content[0]))

    yield from there.perform(order, given, fetch)
