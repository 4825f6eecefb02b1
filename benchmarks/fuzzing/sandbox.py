"""One call of rbench in a process and a folder of its own, and what it left behind."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

BOUND_S = 300
MEMORY_BYTES = 1 << 30
GRACE_S = 3.0
"""What a command started may end this long after it."""
_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Outcome:
    """What one command did."""

    code: int
    """Exit code; minus the signal where one ended it."""
    stdout: bytes
    stderr: bytes
    memory_bytes: int
    """Largest resident set, of it or of one of its children."""
    left: tuple[str, ...]
    """Processes that were there after it."""
    hung: bool


def become_subreaper() -> None:
    """Orphans of what runs below become children of this process, so that they are seen. Linux."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def call(words: tuple[str, ...], folder: Path) -> Outcome:
    """Run the command line in a fork of this process, which has imported it all already.

    Args:
        folder: holds ``work``, where it runs, and takes ``home``, ``tmp``, ``store``, its output.
    """
    out, err = folder / "stdout", folder / "stderr"
    child = os.fork()
    if child == 0:
        _command(words, folder, out, err)
    until, hung = time.monotonic() + BOUND_S, False
    while True:
        pid, status, usage = os.wait4(child, os.WNOHANG)
        if pid:
            break
        if time.monotonic() > until and not hung:
            hung = True
            os.kill(child, signal.SIGKILL)
        time.sleep(0.002)
    return Outcome(
        code=os.waitstatus_to_exitcode(status),
        stdout=out.read_bytes(),
        stderr=err.read_bytes(),
        memory_bytes=usage.ru_maxrss * 1024,
        left=tuple(_left()),
        hung=hung,
    )


def _command(words: tuple[str, ...], folder: Path, out: Path, err: Path) -> None:
    """The child: its streams, folders and limits, then the command. Does not return."""
    code = 70
    try:
        os.setsid()
        for number, path in enumerate((os.devnull, out, err)):
            flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
            os.dup2(os.open(path, flags, 0o600), number)
        for name in ("home", "tmp", "store"):
            (folder / name).mkdir(exist_ok=True)
        os.environ.update(
            HOME=str(folder / "home"),
            TMPDIR=str(folder / "tmp"),
            RBENCH_STORE=str(folder / "store"),
            XDG_CACHE_HOME=str(folder / "home"),
            COLUMNS="100",
        )
        import tempfile

        tempfile.tempdir = None
        os.chdir(folder / "work")
        sys.setrecursionlimit(1000)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False, errors="backslashreplace")  # noqa: SIM115
        code = _main(words)
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _main(words: tuple[str, ...]) -> int:
    from rbench.cli import main

    try:
        main(list(words))
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        import traceback

        traceback.print_exc()
        return 70
    return 0


def _left() -> Iterator[str]:
    """Children of this process, among them orphans that came to it; each is ended."""
    until = time.monotonic() + GRACE_S
    while children := _children():
        if time.monotonic() > until:
            break
        time.sleep(0.02)
        for child in children:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(child, os.WNOHANG)
    for child in children:
        with contextlib.suppress(OSError):
            yield Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode()[:120]
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _children() -> list[int]:
    place = Path(f"/proc/self/task/{os.getpid()}/children")
    return [int(word) for word in place.read_text().split()]
