"""The local executor: does a graph of jobs in child processes that meet in the store.

It knows jobs, their needs and their keys, and nothing of what they do. Another engine could run
the same graph on many machines.
"""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, NamedTuple

import msgspec

from rbench.cells.target import Target
from rbench.errors import OutputError
from rbench.profile.tool import tool_of
from rbench.sweeping.jobs import AnyJob, RoundJob, needs
from rbench.sweeping.messages import Answer, Done, Fault, Order, Told
from rbench.sweeping.observer import Observer
from rbench.sweeping.store import Failure, Store
from rbench.system import processes
from rbench.system.channel import Listener, new_word
from rbench.system.guard import PASSING_SIGNALS
from rbench.system.keeping import end_marked, stopped
from rbench.system.temporary import ROOM_BYTES

Place = tuple[str, str]
"""(stage, key) of an artefact."""

LAST_LINES = 3
LAST_BYTES = 1 << 16
"""Of a log, in which the last lines are looked for."""

LOOK_EVERY_S = 5.0
"""How often silent workers are looked at."""

GRACE_S = 10.0
"""For a worker to be gone, once it was told to or has closed its answers."""


MARK = "RBENCH_WORKER"
"""In the environment of a worker and of what it starts."""


class Executor:
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
        self.environment = {**_environment(threads), **(environment or {})}

    def run(self, jobs: Sequence[AnyJob], failures: dict[Place, Failure]) -> None:
        """Do the jobs, each once all that it needs is there, in the given order where free.

        Args:
            failures: why artefacts are not there; failed jobs and those behind them are added.

        Raises:
            OutputError: the store cannot be written any more; nothing can go on.
        """
        waiting = [_Task((job.stage, job.key), job, needs(job)) for job in jobs]
        workers: list[_Worker] = []
        tick = min(LOOK_EVERY_S, self.stall_s / 4)
        with selectors.DefaultSelector() as ready:
            try:
                while waiting or any(worker.task for worker in workers):
                    self._drop_hopeless(waiting, failures)
                    self._hand_out(waiting, workers, ready)
                    if not any(worker.task for worker in workers):
                        continue  # all that was waiting stood behind a failure
                    began = time.monotonic()
                    for key, _ in ready.select(tick):
                        worker = key.data
                        for answer in worker.hear():
                            self._note(worker, answer, failures)
                    # Whoever stops this process for a while does not make the workers silent.
                    passed = min(time.monotonic() - began, 2 * tick)
                    for worker in list(workers):
                        for answer in worker.waited(passed, self.stall_s):
                            self._note(worker, answer, failures)
                        if worker.ended:
                            ready.unregister(worker.output)
                            workers.remove(worker)
                            worker.stop()
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
            fit = [worker for worker in idle if worker.lodger in ("", _lodger(task.job))]
            if not fit and len(workers) >= self.width:
                ready.unregister(idle[0].output)
                workers.remove(idle[0])
                idle[0].stop()
            idle = fit
            if not idle:
                idle = [_Worker(self.environment)]
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
            if answer.fatal and not (worker.lodger and self._has_room()):
                raise OutputError(answer.reason)
            failure = Failure(
                reason=answer.reason,
                state=answer.state,
                stage=task.job.stage,
                passing=answer.passing or answer.fatal,
            )
            self.store.fail(*task.place, failure)
            failures[task.place] = failure
        elif isinstance(answer, Done):
            worker.log.unlink(missing_ok=True)
        self.observer.ended(task.job, failure)

    def _has_room(self) -> bool:
        """Whether the store can be written from here, whatever a stranger's worker says of it."""
        try:
            self.store.prepare()
            return shutil.disk_usage(self.store.root).free > ROOM_BYTES
        except (OSError, OutputError):
            return False


class _Task(NamedTuple):
    """A job with what would be costly to ask it again and again."""

    place: Place
    job: AnyJob
    needs: tuple[Place, ...]


class _Worker:
    """One child process, `rbench.sweeping.worker`."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.task: _Task | None = None
        self.lodger = ""
        """The stranger's encoder whose code ran here: it may have left threads or worse, so the
        worker does nobody else's jobs."""
        self.log = Path(os.devnull)
        self.ended = False
        self._silent_s = 0.0
        word, self._mark = new_word(), new_word()
        self._listener = Listener(word)
        self.process = subprocess.Popen(
            processes.command("rbench.sweeping.worker", word, kept=True),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=processes.environment({**environment, MARK: self._mark}),
            start_new_session=True,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.input: IO[bytes] = self.process.stdin
        self.output: IO[bytes] = self.process.stdout

    def take(self, task: _Task, store: Store) -> None:
        stage, key = task.place
        self.task, self.log = task, store.folder(stage, key).with_name(f"{key}.log")
        self.lodger = self.lodger or _lodger(task.job)
        self._silent_s = 0.0
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
        try:
            answers = [
                msgspec.json.decode(line, type=Answer) for line in self._listener.heard(content)
            ]
        except (ValueError, msgspec.MsgspecError) as error:
            self.ended = True
            return [Fault(reason=f"the process gave an answer that cannot be read: {error}")]
        if answers:
            self._silent_s = 0.0
        return answers

    def waited(self, seconds: float, stall_s: float) -> Iterable[Answer]:
        """What to make of so much more time without an answer: a `Fault` where it is too much."""
        self._silent_s += seconds
        limit = None if self.task is None else _patience(self.task.job, stall_s)
        if limit is None or self._silent_s <= limit or self.ended:
            return []
        self.ended = True
        if stopped(self.process.pid):
            return [Fault(reason="the process was stopped from outside", passing=True)]
        return [
            Fault(
                reason=f"the process said nothing for {limit:g} s and was ended; if it is that "
                "slow, raise stall_seconds in the study and add --retry-failed"
            )
        ]

    def _obituary(self) -> Fault:
        try:
            code = self.process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            return Fault(reason="the process closed its answers while it worked")
        last = " | ".join(_last_lines(self.log))
        how = f"ended with exit code {code}"
        if code < 0:
            how = f"died of {_signal(-code)}"
        passing = code < 0 and -code in PASSING_SIGNALS
        words = f"; its last words: {last}" if last and not passing else ""
        return Fault(reason=f"the process {how}{words}", passing=passing)

    def stop(self) -> None:
        """End the process and whatever it started."""
        processes.end(self.process, GRACE_S)
        end_marked(f"{MARK}={self._mark}")


def _lodger(job: AnyJob) -> str:
    """The encoder of a job, if it is a file's: its code runs in the worker."""
    encoder = getattr(job, "encoder", None)
    return encoder.plugin if encoder is not None and ".py:" in encoder.plugin else ""


def _patience(job: AnyJob, stall_s: float) -> float | None:
    """How long a job may be silent; None: as long as it likes.

    A round says nothing while it is timed, and ends its own processes in time.
    """
    if not isinstance(job, RoundJob):
        return stall_s
    longest_s = tool_of(Target.parse(job.target)).longest_s(job.settings)
    return None if longest_s is None else stall_s + longest_s


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _environment(threads: int) -> dict[str, str]:
    environment = {"TF_CPP_MIN_LOG_LEVEL": "1", "TF_USE_LEGACY_KERAS": "1"}
    if threads:
        for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"):
            environment[name] = str(threads)
    return environment


def _last_lines(log: Path) -> list[str]:
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - LAST_BYTES))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return []
    return [line.strip()[:200] for line in lines if line.strip()][-LAST_LINES:]
