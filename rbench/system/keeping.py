"""A process that stands above a worker, and leaves nothing of what the worker started.

What runs strangers' code may start processes in sessions of their own, which no signal to a group
reaches. On Linux the keeper inherits them when whoever started them is gone, and kills them when
the worker ends, is to end, or has lost its parent. Where the keeper is killed itself, those above
it find what is left by a mark in its environment. Elsewhere the worker has no keeper.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from rbench.system.guard import die_with_parent

END_WITHIN_S = 5.0
"""For processes that were killed to be gone; some wait for a disk."""

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_AWAITED = {signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP, signal.SIGINT}


def keep(parent: int) -> None:
    """Split this process: the worker returns from here, the keeper stays and leaves as it does.

    Args:
        parent: the process that started this one. If it is gone already, this one ends at once.
    """
    if sys.platform != "linux":
        die_with_parent(parent)
        return
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, _AWAITED)
    system = ctypes.CDLL(None)
    system.prctl(_PR_SET_CHILD_SUBREAPER, 1)
    system.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)
    keeper = os.getpid()
    worker = os.fork()
    if not worker:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        die_with_parent(keeper)
        return
    for stream in (0, 1):  # the worker's own: its parent must see when they end
        os.close(stream)
    status = _until_it_ends(worker)
    end_all(os.getpid())
    _leave(status)


def _until_it_ends(worker: int) -> int:
    """The worker's status; that of a killed one where this process is told to end before."""
    while True:
        found = signal.sigwait(_AWAITED)
        if found != signal.SIGCHLD:
            return int(signal.SIGKILL)
        with suppress(ChildProcessError):
            while True:
                process, status = os.waitpid(-1, os.WNOHANG)
                if process == worker:
                    return status
                if not process:
                    break


def end_all(root: int) -> None:
    """Kill whatever descends from a process, again and again until nothing is left."""
    until = time.monotonic() + END_WITHIN_S
    while (found := list(descendants(root))) and time.monotonic() < until:
        for process in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.01)


def descendants(root: int) -> Iterator[int]:
    """Living processes that descend from one, as far as the system tells."""
    children: dict[int, list[int]] = {}
    for process, parent, state in _every_process():
        if state != "Z":
            children.setdefault(parent, []).append(process)
    waiting = [root]
    while waiting:
        found = children.get(waiting.pop(), [])
        yield from found
        waiting += found


def end_marked(mark: str) -> None:
    """Kill the processes whose environment says so, whoever their parents are (on Linux).

    Args:
        mark: ``NAME=value``, as it stood when they were started.
    """
    for place in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError, ValueError):
            process = int(place.parent.name)
            if process != os.getpid() and mark.encode() in place.read_bytes().split(b"\0"):
                os.kill(process, signal.SIGKILL)


def stopped(root: int) -> bool:
    """Whether a process, or one below it, was stopped from outside."""
    among = {root, *descendants(root)}
    return any(process in among and state == "T" for process, _, state in _every_process())


def _every_process() -> Iterator[tuple[int, int, str]]:
    """(process, parent, state) of all that there are; nothing where the system has no ``/proc``."""
    for place in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):
            state, parent = place.read_text(errors="replace").rpartition(")")[2].split()[:2]
            yield int(place.parent.name), int(parent), state


def _leave(status: int) -> None:
    if os.WIFSIGNALED(status):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        number = os.WTERMSIG(status)
        if number not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
        os.kill(os.getpid(), number)
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
