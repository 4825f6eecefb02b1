"""How child processes are started: one command line and one environment for all of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

START = Path(__file__).with_name("start.py")


def command(module: str, *words: str, kept: bool = False) -> list[str]:
    """What starts a module of this very rbench in a process of its own.

    The child imports nothing from the current folder (``-P``); what the user put on PYTHONPATH,
    and editable installs, it finds as this process does.

    Args:
        kept: with a keeper above it, which ends whatever the child started; see
            `rbench.system.keeping`. Such a child ends with this process; any other must see to
            that itself.
    """
    keeper = ["--kept", str(os.getpid())] if kept else []
    return [
        sys.executable,
        "-I" if sys.flags.isolated else "-P",
        str(START),
        *keeper,
        module,
        *words,
    ]


def environment(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment with changes."""
    return {**os.environ, **(changes or {})}


def end(process: subprocess.Popen[bytes], within_s: float = 0.0) -> None:
    """End the process group that a child leads, take the child away and close its streams.

    Args:
        within_s: for a kept child: how long its keeper may take to end what the child started.
    """
    if within_s and process.poll() is None:
        process.terminate()
        process.send_signal(signal.SIGCONT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(within_s)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream:
            with suppress(OSError):
                stream.close()
