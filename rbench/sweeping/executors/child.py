"""One worker process, seen from the process that started it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO

import msgspec

from rbench.cells.target import Target
from rbench.profile.tool import tool_of
from rbench.sweeping.executors.graph import Task
from rbench.sweeping.jobs import AnyJob, CheckJob, RoundJob
from rbench.sweeping.messages import Answer, Fault, Order
from rbench.sweeping.store import Store
from rbench.system import processes
from rbench.system.channel import Listener, new_word
from rbench.system.guard import PASSING_SIGNALS
from rbench.system.keeping import end_marked, stopped

LAST_LINES = 3
LAST_BYTES = 1 << 16
"""Of a log, in which the last lines are looked for."""

LOOK_EVERY_S = 5.0
"""How often silent workers are looked at."""

GRACE_S = 10.0
"""For a worker to be gone, once it was told to or has closed its answers."""

MARK = "RBENCH_WORKER"
"""In the environment of a worker and of what it starts."""


class Child:
    """One child process, `rbench.sweeping.worker`, that does one job after another.

    Args:
        environment: what its environment has besides this process's.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.task: Task | None = None
        self.lodger = ""
        """The stranger's encoder whose code ran here: it may have left threads or worse, so the
        worker does nobody else's jobs."""
        self.tensorflow = False
        """Whether a job imported it here, which takes seconds and stays."""
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

    def take(self, task: Task, store: Store) -> None:
        stage, key = task.place
        self.task, self.log = task, store.folder(stage, key).with_name(f"{key}.log")
        self.lodger = self.lodger or lodger(task.job)
        self.tensorflow = self.tensorflow or task.job.tensorflow
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
        limit = None if self.task is None else patience(self.task.job, stall_s)
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


def lodger(job: AnyJob) -> str:
    """The encoder and the loss of a job, if they are a file's: their code runs in the worker."""
    encoder = getattr(job, "encoder", None)
    settings = getattr(job, "train_settings", None) or getattr(job, "settings", None)
    named = encoder.plugin if encoder is not None else "", getattr(settings, "loss", "")
    return " ".join(name for name in named if ".py:" in name)


def patience(job: AnyJob, stall_s: float) -> float | None:
    """How long a job may be silent; None: as long as it likes.

    A round says nothing while it is timed, nor does a check; both end their own processes in time.
    """
    if not isinstance(job, RoundJob | CheckJob):
        return stall_s
    longest_s = tool_of(Target.parse(job.target)).longest_s(job.settings)
    return None if longest_s is None else stall_s + longest_s


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _last_lines(log: Path) -> list[str]:
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - LAST_BYTES))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return []
    return [line.strip()[:200] for line in lines if line.strip()][-LAST_LINES:]
