"""A node's side of a sweep on a cluster: what it says of itself, and how it does one job.

Runs in processes that Ray starts; the work itself is done in a child process of those, which
stays for the next job.
"""

from __future__ import annotations

import os
import platform
import selectors
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from typing import Any

import filelock
import msgspec

from rbench import plugins
from rbench.errors import RbenchError
from rbench.progress import Progress
from rbench.records import Machine
from rbench.records.machine import machine
from rbench.sweeping import jobs
from rbench.sweeping.bench import bench_of, census_benches
from rbench.sweeping.code import code_of
from rbench.sweeping.executors.child import LOOK_EVERY_S, Child, lodger
from rbench.sweeping.executors.children import threads_of
from rbench.sweeping.executors.graph import ArtefactKey, Task
from rbench.sweeping.executors.parcel import digest_in, digest_of, packed, unpack
from rbench.sweeping.jobs import AnyJob, Bench, RoundJob
from rbench.sweeping.messages import Done, Fault, Told
from rbench.sweeping.store import Store
from rbench.system import temporary

IDLE_S = 10.0
"""A child that waits longer for another job is ended."""

TURN_S = 5.0
"""How often a round that waits for another sweep's timing says so."""


class Parcel(msgspec.Struct, frozen=True, kw_only=True, tag="parcel"):
    """The last answer of a job that was done: its artefact."""

    digest: str
    files: dict[str, bytes]


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """What a node says of itself."""

    machine: Machine
    store: str
    """Where its artefacts lie."""
    nice: int
    versions: dict[str, str]
    """What decides what jobs make: rbench, its code and the libraries, by name."""
    plugins: dict[str, str]
    """Encoder -> hash of its code; empty where it is not there."""
    benches: dict[str, Bench]
    """Target -> with what it is timed here."""


def versions() -> dict[str, str]:
    """What has to be equal on all nodes, by name."""
    found = {"Python": platform.python_version(), "rbench": jobs.installed("rbench")}
    for stage in jobs.STAGES:
        found |= jobs.versions_of(stage)
        found[f"rbench's code of {stage}"] = code_of(stage)
    # What a delegate would take of a file is found out while building, too.
    adapters = filter(None, (bench.adapter for bench in census_benches().values()))
    return found | {"GPU": ", ".join(adapters)}


def look(encoders: Sequence[str], targets: Sequence[str]) -> bytes:
    """This node, as the driver wants to know it: a `Node` in msgpack."""
    here = machine()
    node = Node(
        machine=here,
        store=str(Store().root),
        nice=os.nice(0),
        versions=versions(),
        plugins={name: _hash_of(name) for name in encoders},
        benches={target: bench_of(target, here.identity) for target in targets},
    )
    return msgspec.msgpack.encode(node)


def _hash_of(encoder: str) -> str:
    try:
        return plugins.source_hash(encoder)
    except RbenchError:
        return ""


def perform(
    order: bytes, given: Mapping[ArtefactKey, tuple[str, Any]], fetch: Callable[[Any], bytes]
) -> Iterator[bytes]:
    """Do one job and tell how it goes: `Told` now and then, then a `Fault` or a `Parcel`.

    Args:
        order: the job and how long it may be silent, as `ordered` wrote them.
        given: what it needs: place -> (digest, what `fetch` turns into the files).
    """
    job, key, stall_s = msgspec.msgpack.decode(order, type=tuple[AnyJob, str, float])
    store, task = Store(), Task.of(job)._replace(place=(job.stage, key))
    yield _said(Told(progress=Progress(done=0, total=1, text="")))
    try:
        store.prepare()
        for (stage, name), (digest, content) in given.items():
            if digest_in(store, stage, name) != digest:
                files = msgspec.msgpack.decode(fetch(content), type=dict[str, bytes])
                unpack(store, stage, name, files, digest)
    except RbenchError as error:
        yield _said(Fault(reason=f"{platform.node()}: {error}", passing=True))
        return
    if store.has(*task.place):
        yield _parcel(store, task.place)
        return
    with ExitStack() as stack:
        if isinstance(job, RoundJob):
            lock = filelock.FileLock(store.root / "timing.lock")
            while True:
                try:
                    stack.enter_context(lock.acquire(timeout=TURN_S))
                    break
                except filelock.Timeout:
                    waits = "another sweep is timing on this machine"
                    yield _said(Told(progress=Progress(done=0, total=1, text=waits)))
        for answer in _HAND.do(task, store, stall_s):
            if isinstance(answer, Done):
                yield _parcel(store, task.place)
            elif isinstance(answer, Fault):
                full = msgspec.structs.replace(answer, fatal=False, passing=True)
                yield _said(full if answer.fatal else answer)
            else:
                yield _said(answer)


def ordered(job: AnyJob, key: str, stall_s: float) -> bytes:
    """What `perform` is told."""
    return msgspec.msgpack.encode((job, key, stall_s))


def _said(answer: Told | Fault) -> bytes:
    return msgspec.msgpack.encode(answer)


def _parcel(store: Store, place: ArtefactKey) -> bytes:
    files = packed(store, *place)
    return msgspec.msgpack.encode(Parcel(digest=digest_of(files), files=files))


class _Hand:
    """The child process below this one, kept from job to job and ended when it idles."""

    def __init__(self) -> None:
        self._child: Child | None = None
        self._timing = False
        self._lock = threading.Lock()
        self._idle: threading.Timer | None = None
        self._environment: dict[str, str] | None = None
        self._stack = ExitStack()

    def do(self, task: Task, store: Store, stall_s: float) -> Iterator[Told | Done | Fault]:
        """The answers of one job; the last is no `Told`."""
        timing = isinstance(task.job, RoundJob)
        with self._lock:
            if self._idle is not None:
                self._idle.cancel()
            child = self._child
            used = child is not None and child.lodger not in ("", lodger(task.job))
            if child is None or used or timing != self._timing:
                self._end()
                child = self._child = self._begin(timing)
            try:
                yield from _answers(child, task, store, stall_s)
            finally:
                if child.task is not None or child.ended:
                    self._end()
                self._idle = threading.Timer(IDLE_S, self._retire)
                self._idle.daemon = True
                self._idle.start()

    def _begin(self, timing: bool) -> Child:
        self._timing = timing
        if self._environment is None:
            # Ray's own idea of threads and GPUs is none of the work's.
            os.environ.pop("OMP_NUM_THREADS", None)
            if not os.environ.get("CUDA_VISIBLE_DEVICES", "all"):
                del os.environ["CUDA_VISIBLE_DEVICES"]
            self._environment = self._stack.enter_context(temporary.of_a_sweep())
        return Child({**threads_of(0 if timing else 1), **self._environment})

    def _retire(self) -> None:
        if self._lock.acquire(blocking=False):
            with suppress(OSError):
                self._end()
            self._lock.release()

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.stop()


def _answers(
    child: Child, task: Task, store: Store, stall_s: float
) -> Iterator[Told | Done | Fault]:
    child.take(task, store)
    tick = min(LOOK_EVERY_S, stall_s / 4)
    with selectors.DefaultSelector() as ready:
        ready.register(child.output, selectors.EVENT_READ)
        while True:
            began = time.monotonic()
            heard = list(child.hear()) if ready.select(tick) else []
            heard += child.waited(min(time.monotonic() - began, 2 * tick), stall_s)
            for answer in heard:
                if not isinstance(answer, Told):
                    child.task = None
                    if isinstance(answer, Done):
                        child.log.unlink(missing_ok=True)
                    yield answer
                    return
                yield answer


_HAND = _Hand()
