"""A worker: a child process that does one job after another.

It reads jobs as JSON lines on what was its standard input and answers in JSON on what was its
standard output, see `rbench.system.channel`. Everything that libraries print, at the C level too,
goes to a log of the job's own. A worker dies with its parent: when its orders end, and on Linux by
signal.

A crash, even of the process, costs one job: the parent sees the end of the stream and its reason.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
import traceback
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import BinaryIO

import msgspec

from rbench.errors import Killed, RbenchError, Unsupported
from rbench.plugins import stay_here, told
from rbench.progress import Progress
from rbench.sweeping.messages import Answer, Done, Fault, Order, Told
from rbench.system import temporary
from rbench.system.channel import Speaker, hidden
from rbench.system.writing import RIGHTS
from rbench.text.shown import cut

PROGRESS_EVERY_S = 0.2
COLLECT = (50_000, 20, 100)
"""How seldom Python looks for rubbish: among the millions of objects of TensorFlow's graphs, which
live on, it takes an eighth of a training's beginning by default."""


def main() -> int:
    """Serve jobs until there are no more orders."""
    gc.set_threshold(*COLLECT)
    answers = Speaker(hidden(1), sys.argv[1])
    orders: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_read, args=(os.fdopen(hidden(0), "rb"), orders), daemon=True).start()
    _let_go(0, os.O_RDONLY)
    _let_go(1, os.O_WRONLY)
    decoder = msgspec.json.Decoder(Order)
    stay_here()
    while line := orders.get():
        order = decoder.decode(line)
        _redirect(Path(order.log))
        answers.say(msgspec.json.encode(_serve(order, answers)))
    return 0


def _read(stream: BinaryIO, orders: SimpleQueue[bytes]) -> None:
    for line in stream:
        orders.put(line)
    # The parent is gone; nobody wants the job in hand any more, and it may hold the main thread.
    os._exit(0)


def _serve(order: Order, answers: Speaker) -> Answer:
    from rbench.errors import OutputError
    from rbench.sweeping.perform import perform
    from rbench.sweeping.store import Store

    last = 0.0

    def report(progress: Progress) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= PROGRESS_EVERY_S or progress.done >= progress.total:
            last = now
            short = msgspec.structs.replace(progress, text=cut(progress.text))
            answers.say(msgspec.json.encode(Told(progress=short)))

    began = time.monotonic()
    store = Store(Path(order.store))
    try:
        perform(order.job, store, report, order.key)
    except BaseException as error:  # a cell's crash is a record, even where it asks to leave
        full = temporary.full_place(error, store.root)
        if full is not None and full != store.root:
            return Fault(
                reason=f"{temporary.users_folder()}: no room for temporary files; make room there, "
                "or name another place with TMPDIR: the next sweep tries again",
                passing=True,
            )
        if isinstance(error, OutputError):
            return Fault(reason=cut(str(error)), fatal=True)
        if isinstance(error, Unsupported):
            return Fault(reason=cut(str(error)), state="unsupported")
        if isinstance(error, RbenchError):
            return Fault(reason=cut(str(error)), passing=isinstance(error, Killed))
        traceback.print_exc()
        return Fault(reason=told(error))
    return Done(seconds=time.monotonic() - began)


def _let_go(descriptor: int, mode: int) -> None:
    """Put nothing in a standard stream's place, so that nobody reads or answers by chance."""
    nothing = os.open(os.devnull, mode)
    os.dup2(nothing, descriptor)
    os.close(nothing)


def _redirect(log: Path) -> None:
    """Send file descriptors 1 and 2 to the job's log: libraries print pages there."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    log.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, RIGHTS)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    if descriptor > 2:  # an earlier job may have closed those
        os.close(descriptor)
    if sys.stdout.closed:
        sys.stdout = os.fdopen(1, "w", closefd=False)
    if sys.stderr.closed:
        sys.stderr = os.fdopen(2, "w", closefd=False)


if __name__ == "__main__":
    sys.exit(main())
