"""A child process from its parent's side: told once, waited for, never left behind."""

from __future__ import annotations

import signal
import subprocess
import tempfile
from collections.abc import Sequence

from rbench.errors import Killed, StageError
from rbench.system import processes
from rbench.system.guard import PASSING_SIGNALS

LAST_LINES = 3
ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1"}
"""numpy only cuts contexts there; without its thread pool it is imported in half the time."""


def run_module(
    module: str,
    order: bytes,
    *,
    timeout_s: float,
    where: str,
    what: str = "the timing process",
    if_slow: str = "raise profile.timeout_seconds if the model is that slow",
) -> bytes:
    """Run a module of rbench in a process; all else as `run_program`."""
    command = processes.command(module)
    return run_program(command, order, timeout_s=timeout_s, where=where, what=what, if_slow=if_slow)


def run_program(
    command: Sequence[str],
    order: bytes,
    *,
    timeout_s: float,
    where: str,
    what: str = "the timing process",
    if_slow: str = "raise profile.timeout_seconds if the model is that slow",
) -> bytes:
    """Run a program, give it an order on standard input, return its standard output.

    The child leads a process group of its own, which is killed whatever happens here. Its standard
    error is a file that it can read: what libraries say there is part of what is measured.

    Args:
        what: the child's name, for messages.
        if_slow: what the reader can do where it took too long.

    Raises:
        StageError: it took too long, died of a signal, or left with a code other than 0.
        Killed: it was killed from outside.
    """
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=processes.environment(ENVIRONMENT),
            start_new_session=True,
        )
        try:
            said, _ = child.communicate(order, timeout=timeout_s)
        except subprocess.TimeoutExpired:
            raise StageError(
                f"{what} was killed after {timeout_s:g} s", where=where, remedy=if_slow
            ) from None
        finally:
            processes.end(child)
        errors.seek(0)
        complaints = errors.read()
    if child.returncode:
        killed = child.returncode == -signal.SIGKILL
        kind = Killed if -child.returncode in PASSING_SIGNALS else StageError
        raise kind(
            f"{what} {_cause(child.returncode)}" + _last_lines(complaints),
            where=where,
            remedy="the system may be short of memory" if killed else "",
        )
    return said


def _cause(code: int) -> str:
    if code > 0:
        return f"left with code {code}"
    try:
        return f"died of {signal.Signals(-code).name}"
    except ValueError:
        return f"died of signal {-code}"


def _last_lines(complaints: bytes) -> str:
    """The end of what it said, without the runtime's chatter."""
    lines = [line.strip() for line in complaints.decode(errors="replace").splitlines()]
    kept = [line for line in lines if line and not line.startswith("INFO:")][-LAST_LINES:]
    return ": " + " | ".join(kept) if kept else " and said nothing"
