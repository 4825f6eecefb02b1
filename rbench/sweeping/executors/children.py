"""A graph of jobs in child processes of this one, which meet in the store.

It knows jobs, their needs and their keys, and nothing of what they do.
"""

from __future__ import annotations

import selectors
import shutil
import time
from collections.abc import Mapping, Sequence

from rbench.errors import OutputError
from rbench.sweeping.executors.child import LOOK_EVERY_S, Child, lodger
from rbench.sweeping.executors.graph import ArtefactKey, Failures, Graph
from rbench.sweeping.jobs import AnyJob
from rbench.sweeping.messages import Answer, Fault, Told
from rbench.sweeping.observer import Observer
from rbench.sweeping.store import Store
from rbench.system.temporary import ROOM_BYTES


class Children:
    """Runs jobs in worker processes.

    Args:
        width: workers side by side.
        threads: threads that numeric libraries may use in each; 0 leaves it to them.
        stall_s: a job that says nothing for longer has failed, and its worker is ended.
        environment: what the workers' environment has besides this process's.
    """

    def __init__(
        self,
        store: Store,
        observer: Observer,
        *,
        width: int,
        threads: int = 1,
        stall_s: float = 900.0,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.store = store
        self.observer = observer
        self.width = width
        self.stall_s = stall_s
        self.environment = {**threads_of(threads), **(environment or {})}

    def run(self, jobs: Sequence[AnyJob], failures: Failures) -> None:
        """Do the jobs, each once all that it needs is there, in the given order where free.

        Args:
            failures: why artefacts are not there; failed jobs and those behind them are added.

        Raises:
            OutputError: the store cannot be written any more; nothing can go on.
        """
        graph = Graph(jobs, failures, self.store, self.observer)
        workers: list[Child] = []
        tick = min(LOOK_EVERY_S, self.stall_s / 4)
        with selectors.DefaultSelector() as ready:
            try:
                while graph.waiting or any(worker.task for worker in workers):
                    graph.drop_hopeless()
                    self._hand_out(graph, workers, ready)
                    if not any(worker.task for worker in workers):
                        continue  # all that was waiting stood behind a failure
                    began = time.monotonic()
                    for key, _ in ready.select(tick):
                        worker = key.data
                        for answer in worker.hear():
                            self._note(graph, worker, answer)
                    # Whoever stops this process for a while does not make the workers silent.
                    passed = min(time.monotonic() - began, 2 * tick)
                    for worker in list(workers):
                        for answer in worker.waited(passed, self.stall_s):
                            self._note(graph, worker, answer)
                        if worker.ended:
                            ready.unregister(worker.output)
                            workers.remove(worker)
                            worker.stop()
            finally:
                for worker in workers:
                    worker.stop()

    def _hand_out(self, graph: Graph, workers: list[Child], ready: selectors.BaseSelector) -> None:
        running: list[ArtefactKey] = [worker.task.place for worker in workers if worker.task]
        for task in graph.ready(running):
            idle = [worker for worker in workers if worker.task is None]
            if not idle and len(workers) >= self.width:
                return
            fit = [worker for worker in idle if worker.lodger in ("", lodger(task.job))]
            if not fit and len(workers) >= self.width:
                ready.unregister(idle[0].output)
                workers.remove(idle[0])
                idle[0].stop()
            idle = sorted(fit, key=lambda one: one.tensorflow != task.job.tensorflow)
            if not idle:
                idle = [Child(self.environment)]
                workers += idle
                ready.register(idle[0].output, selectors.EVENT_READ, idle[0])
            graph.take(task)
            idle[0].take(task, self.store)
            self.observer.started(task.job)

    def _note(self, graph: Graph, worker: Child, answer: Answer) -> None:
        task = worker.task
        if task is None:
            return
        if isinstance(answer, Told):
            self.observer.moved(task.job, answer.progress)
            return
        worker.task = None
        if isinstance(answer, Fault):
            if answer.fatal and not (worker.lodger and has_room(self.store)):
                raise OutputError(answer.reason)
            graph.failed(task, answer)
        else:
            worker.log.unlink(missing_ok=True)
            graph.done(task)


def has_room(store: Store) -> bool:
    """Whether a store can be written from here, whatever a stranger's worker says of it."""
    try:
        store.prepare()
        return shutil.disk_usage(store.root).free > ROOM_BYTES
    except (OSError, OutputError):
        return False


def threads_of(count: int) -> dict[str, str]:
    """What a worker's environment says of threads; 0: nothing."""
    environment = {"TF_CPP_MIN_LOG_LEVEL": "1", "TF_USE_LEGACY_KERAS": "1"}
    if count:
        for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"):
            environment[name] = str(count)
    return environment
