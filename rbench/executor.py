"""The local executor: does a graph of jobs in child processes that meet in the store.

It knows jobs, their needs and their keys, and nothing of what they do. Another engine could run
the same graph on many machines.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, NamedTuple

import msgspec

from rbench.errors import OutputError
from rbench.guard import PASSING_SIGNALS
from rbench.jobs import AnyJob
from rbench.observer import Observer
from rbench.pipeline import needs
from rbench.store import Failure, Store
from rbench.worker import Answer, Done, Fault, Order, Told

Place = tuple[str, str]
"""(stage, key) of an artefact."""

LAST_LINES = 3


class Executor:
    """Runs jobs in worker processes.

    Args:
        width: workers side by side.
        threads: threads that numeric libraries may use in each; 0 leaves it to them.
    """

    def __init__(self, store: Store, observer: Observer, *, width: int, threads: int = 1) -> None:
        self.store = store
        self.observer = observer
        self.width = width
        self.threads = threads

    def run(self, jobs: Sequence[AnyJob], failures: dict[Place, Failure]) -> None:
        """Do the jobs, each once all that it needs is there, in the given order where free.

        Args:
            failures: why artefacts are not there; failed jobs and those behind them are added.

        Raises:
            OutputError: the store cannot be written any more; nothing can go on.
        """
        waiting = [_Task((job.stage, job.key), job, needs(job)) for job in jobs]
        workers: list[_Worker] = []
        with selectors.DefaultSelector() as ready:
            try:
                while waiting or any(worker.task for worker in workers):
                    self._drop_hopeless(waiting, failures)
                    self._hand_out(waiting, workers, ready)
                    if not any(worker.task for worker in workers):
                        continue  # all that was waiting stood behind a failure
                    for key, _ in ready.select():
                        worker = key.data
                        for answer in worker.hear():
                            self._note(worker, answer, failures)
                        if worker.ended:
                            ready.unregister(worker.output)
                            workers.remove(worker)
            finally:
                for worker in workers:
                    worker.stop()

    def _drop_hopeless(self, waiting: list[_Task], failures: dict[Place, Failure]) -> None:
        """Jobs behind a failed one fail for the same reason. They stand in the order of the
        stages, so once through is enough.
        """
        for task in list(waiting) if failures else ():
            cause = next((failures[place] for place in task.needs if place in failures), None)
            if cause is not None:
                waiting.remove(task)
                failures[task.place] = cause
                self.observer.ended(task.job, cause)

    def _hand_out(
        self, waiting: list[_Task], workers: list[_Worker], ready: selectors.BaseSelector
    ) -> None:
        undone = {task.place for task in waiting}
        undone |= {worker.task.place for worker in workers if worker.task}
        for task in list(waiting):
            idle = [worker for worker in workers if worker.task is None]
            if not idle and len(workers) >= self.width:
                return
            if any(place in undone for place in task.needs):
                continue
            if not idle:
                idle = [_Worker(self.threads)]
                workers += idle
                ready.register(idle[0].output, selectors.EVENT_READ, idle[0])
            waiting.remove(task)
            idle[0].take(task, self.store)
            self.observer.started(task.job)

    def _note(self, worker: _Worker, answer: Answer, failures: dict[Place, Failure]) -> None:
        task = worker.task
        if task is None:
            return
        if isinstance(answer, Told):
            self.observer.moved(task.job, answer.progress)
            return
        worker.task = None
        failure = None
        if isinstance(answer, Fault):
            if answer.fatal:
                raise OutputError(answer.reason)
            failure = Failure(
                reason=answer.reason,
                state=answer.state,
                stage=task.job.stage,
                passing=answer.passing,
            )
            self.store.fail(*task.place, failure)
            failures[task.place] = failure
        elif isinstance(answer, Done):
            worker.log.unlink(missing_ok=True)
        self.observer.ended(task.job, failure)


class _Task(NamedTuple):
    """A job with what would be costly to ask it again and again."""

    place: Place
    job: AnyJob
    needs: tuple[Place, ...]


class _Worker:
    """One child process, `rbench.worker`."""

    def __init__(self, threads: int) -> None:
        self.task: _Task | None = None
        self.log = Path(os.devnull)
        self.ended = False
        self._heard = b""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "rbench.worker", str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(threads),
            start_new_session=True,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.input: IO[bytes] = self.process.stdin
        self.output: IO[bytes] = self.process.stdout

    def take(self, task: _Task, store: Store) -> None:
        stage, key = task.place
        self.task, self.log = task, store.folder(stage, key).with_name(f"{key}.log")
        order = Order(job=task.job, key=key, store=str(store.root), log=str(self.log))
        try:
            self.input.write(msgspec.json.encode(order) + b"\n")
            self.input.flush()
        except BrokenPipeError:
            pass  # it died between two jobs: `hear` will find the end of its stream

    def hear(self) -> Iterable[Answer]:
        """The answers that came in; the last is a `Fault` of ours if the process died."""
        content = os.read(self.output.fileno(), 65536)
        if not content:
            self.ended = True
            return [self._obituary()]
        *lines, self._heard = (self._heard + content).split(b"\n")
        return [msgspec.json.decode(line, type=Answer) for line in lines]

    def _obituary(self) -> Fault:
        code = self.process.wait()
        last = " | ".join(_last_lines(self.log))
        how = f"ended with exit code {code}"
        if code < 0:
            how = f"died of {signal.Signals(-code).name}"
        passing = code < 0 and -code in PASSING_SIGNALS
        words = f"; its last words: {last}" if last and not passing else ""
        return Fault(reason=f"the process {how}{words}", passing=passing)

    def stop(self) -> None:
        """End the process and whatever it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.input.close()
        self.output.close()


def _environment(threads: int) -> dict[str, str]:
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "1", "TF_USE_LEGACY_KERAS": "1"}
    if threads:
        for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"):
            environment[name] = str(threads)
    return environment


def _last_lines(log: Path) -> list[str]:
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        return []
    return [line.strip()[:200] for line in lines if line.strip()][-LAST_LINES:]
