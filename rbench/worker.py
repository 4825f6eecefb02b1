"""A worker: a child process that does one job after another.

It reads jobs as JSON lines on standard input and answers with JSON lines on what was its standard
output. Everything that libraries print, at the C level too, goes to a log of the job's own. A
worker dies with its parent: when its standard input closes, and on Linux by signal.

A crash, even of the process, costs one job: the parent sees the end of the stream and its reason.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import traceback
from pathlib import Path
from queue import SimpleQueue
from typing import BinaryIO

import msgspec

from rbench.errors import Killed, RbenchError, Unsupported
from rbench.guard import die_with_parent
from rbench.jobs import AnyJob
from rbench.progress import Progress

PROGRESS_EVERY_S = 0.2


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker is told."""

    job: AnyJob
    key: str
    """The job's key as the parent knows it: what is on disk may change while a sweep runs."""
    store: str
    log: str


class Told(msgspec.Struct, frozen=True, kw_only=True, tag="progress"):
    """How far the job is."""

    progress: Progress


class Done(msgspec.Struct, frozen=True, kw_only=True, tag="done"):
    """The job is finished, its artefact is in the store."""

    seconds: float


class Fault(msgspec.Struct, frozen=True, kw_only=True, tag="fault"):
    """The job failed."""

    reason: str
    state: str = "failed"
    passing: bool = False
    """True where the process was killed from outside: the next sweep tries again unasked."""
    fatal: bool = False
    """True where the whole sweep cannot go on, e.g. a full disk."""


Answer = Told | Done | Fault


def main() -> int:
    """Serve jobs until standard input ends."""
    die_with_parent(int(sys.argv[1]))
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    orders: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_read, args=(os.fdopen(os.dup(0), "rb"), orders), daemon=True).start()
    decoder = msgspec.json.Decoder(Order)
    while line := orders.get():
        order = decoder.decode(line)
        _redirect(Path(order.log))
        _say(answers, _serve(order, answers))
    return 0


def _read(stream: BinaryIO, orders: SimpleQueue[bytes]) -> None:
    for line in stream:
        orders.put(line)
    # The parent is gone; nobody wants the job in hand any more, and it may hold the main thread.
    os._exit(0)


def _serve(order: Order, answers: BinaryIO) -> Answer:
    from rbench import pipeline
    from rbench.errors import OutputError
    from rbench.store import Store

    last = 0.0

    def report(progress: Progress) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= PROGRESS_EVERY_S or progress.done >= progress.total:
            last = now
            _say(answers, Told(progress=progress))

    began = time.monotonic()
    try:
        pipeline.perform(order.job, Store(Path(order.store)), report, order.key)
    except OutputError as error:
        return Fault(reason=str(error), fatal=True)
    except Unsupported as error:
        return Fault(reason=str(error), state="unsupported")
    except Killed as error:
        return Fault(reason=str(error), passing=True)
    except RbenchError as error:
        return Fault(reason=str(error))
    except Exception as error:  # a cell's crash is a record, whatever it was
        traceback.print_exc()
        return Fault(reason=f"{type(error).__name__}: {str(error).strip() or 'no message'}")
    return Done(seconds=time.monotonic() - began)


def _say(answers: BinaryIO, answer: Answer) -> None:
    answers.write(msgspec.json.encode(answer) + b"\n")


def _redirect(log: Path) -> None:
    """Send file descriptors 1 and 2 to the job's log: libraries print pages there."""
    sys.stdout.flush()
    sys.stderr.flush()
    log.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)


if __name__ == "__main__":
    sys.exit(main())
