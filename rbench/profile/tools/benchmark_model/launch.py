"""The tool as a process: waited for, and never left behind.

A small shell stands in between, for two reasons. A program that a large process starts inherits,
on Linux, that process's peak as its own ``ru_maxrss``, and the tool's memory figures are growth
of ``ru_maxrss``: started from Python they would be 0. And the shell can end the tool when this
process is killed, which closes the pipe that it listens to.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from rbench.errors import StageError
from rbench.profile.tools.benchmark_model.listener import Listener
from rbench.system import processes

GUARDED = """
ulimit -c 0
exec 3<&0
if [ "$HELD" ]; then "$@" <&3 3<&- & else "$@" </dev/null 3<&- & fi
tool=$!
{ read -r _; kill -KILL $tool; } <&3 >/dev/null 2>&1 &
guard=$!
exec 3<&-
wait $tool
code=$?
kill -KILL $guard 2>/dev/null
exit $code
"""
"""Runs its words, and ends what they started when its standard input ends."""
NOT_STARTED = (126, 127)
LAST_WORDS_S = 5.0
"""For what is still in the pipes when the tool has ended."""


class Said(NamedTuple):
    """What a run of the tool left besides its files."""

    text: str
    """Standard output, then standard error: each stream's own lines stay whole and in order."""
    code: int
    """As a shell tells it: 128 and more for a signal."""
    complaints: str = ""
    """Standard error alone."""

    @property
    def lines(self) -> list[str]:
        """Raw lines."""
        return self.text.split("\n")


class TooSlow(StageError):  # noqa: N818 - what happened, not a fault
    """The tool was killed because it took too long."""


def launch(
    tool: Path,
    flags: Sequence[str],
    folder: Path,
    *,
    timeout_s: float,
    where: str,
    held: bool = False,
    environment: Mapping[str, str] | None = None,
) -> Said:
    """Run the tool in a folder, in a process group of its own, killed whatever happens here.

    Args:
        held: give it a standard input on which nothing comes, and which ends with this process;
            otherwise its input is empty.
        environment: more variables.

    Raises:
        StageError: it could not be started.
        TooSlow: it took too long.
    """
    listening, holding = os.pipe()
    try:
        child = subprocess.Popen(
            ["/bin/sh", "-c", GUARDED, "sh", str(tool), *flags],
            stdin=listening,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env={
                **os.environ,
                **(environment or {}),
                "LC_ALL": "C",
                "HELD": "yes" if held else "",
            },
            start_new_session=True,
        )
        try:
            assert child.stdout is not None
            assert child.stderr is not None
            streams = [Listener(child.stdout), Listener(child.stderr)]
            child.wait(timeout=max(timeout_s, 0.001))
            said, complaints = (stream.heard(within_s=LAST_WORDS_S) for stream in streams)
        except subprocess.TimeoutExpired:
            raise TooSlow(
                "the tool was killed: the round took too long",
                where=where,
                remedy="raise profile.timeout_seconds if the model is that slow",
            ) from None
        finally:
            processes.end(child)
    finally:
        os.close(listening)
        os.close(holding)
    if child.returncode in NOT_STARTED:
        last = complaints.strip().rpartition("\n")[2]
        raise StageError(f"the tool could not be started: {last}", where=where)
    if any(stream.flooded for stream in streams):
        raise StageError(f"the tool said too much to be read: {said[:200].strip()}", where=where)
    return Said(text=said + complaints, code=child.returncode, complaints=complaints)
