"""The standard streams of a command: whatever they are, they cost no work and no exit code.

A reader that left (``rbench list encoders | head -1``) is no fault: what comes after is dropped and
the exit code is the command's. A full disk behind standard output is one, told at the end, after
the work. A stream that was closed before the start takes everything and keeps nothing; no file
that is opened later can get its number, where a library would print into it.
"""

from __future__ import annotations

import errno
import io
import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from rbench.text import shown

_OURS = re.compile(r"(\n|\x1b\[[0-9;]*m)")
"""What our own output holds besides text, where it is no terminal: line breaks and colours."""
_DRAWN = re.compile(r"([\n\r]|\x1b\[[0-9;?]*[A-Za-z])")
"""And on a terminal, where bars are drawn over each other."""
RETRY_S = 0.01


@contextmanager
def safe_streams() -> Iterator[Sink]:
    """Standard output and error that never raise, for as long as the context lasts.

    Yields:
        Standard output's sink, which knows afterwards what it could not write.
    """
    _occupy()
    before = sys.stdout, sys.stderr
    outputs = [_stream(one) for one in before]
    sys.stdout, sys.stderr = outputs
    sink = outputs[0].buffer
    assert isinstance(sink, Sink)
    try:
        yield sink
    finally:
        for one in outputs:
            one.flush()
        sys.stdout, sys.stderr = before


def _occupy() -> None:
    """Give the numbers 0, 1 and 2 to nothing, where they are free."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def _stream(stream: TextIO | None) -> Stream:
    if stream is None:
        return Stream(Sink(None), "utf-8")
    stream.flush()
    buffer = getattr(stream, "buffer", None)
    # Past Python's buffer: what it could not write it would try, and complain about, at the end.
    return Stream(Sink(getattr(buffer, "raw", buffer)), stream.encoding or "utf-8")


class Sink(io.BufferedIOBase):
    """Writes bytes where it can.

    Args:
        raw: where to; None for nowhere.
    """

    def __init__(self, raw: Any) -> None:
        self.raw_file = raw
        self.fault: OSError | None = None
        """The first error of a write, other than a reader that left."""

    @property
    def name(self) -> str:
        return str(getattr(self.raw_file, "name", os.devnull))

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self.raw_file is not None and bool(self.raw_file.isatty())

    def fileno(self) -> int:
        if self.raw_file is None:
            raise io.UnsupportedOperation("fileno")
        return int(self.raw_file.fileno())

    def write(self, content: Any) -> int:
        rest = memoryview(content).cast("B")
        size = len(rest)
        while self.raw_file is not None and rest:
            try:
                done = self.raw_file.write(rest)
            except (OSError, ValueError) as error:
                self._give_up(error)
                break
            if done is None:  # a pipe that does not wait and is full
                time.sleep(RETRY_S)
            else:
                rest = rest[done:]
        return size

    def flush(self) -> None:
        try:
            if self.raw_file is not None:
                self.raw_file.flush()
        except (OSError, ValueError) as error:
            self._give_up(error)

    def _give_up(self, error: OSError | ValueError) -> None:
        """ValueError: somebody closed the file under us."""
        self.raw_file = None
        if isinstance(error, OSError) and error.errno not in (errno.EPIPE, errno.ESHUTDOWN):
            self.fault = error


class Stream(io.TextIOWrapper):
    """Text without anything that a terminal or a CI service obeys, other than what rich draws.

    What the encoding lacks is written out.
    """

    def __init__(self, sink: Sink, encoding: str) -> None:
        super().__init__(sink, encoding, errors="backslashreplace", line_buffering=True)
        self.drawn = sink.isatty()

    def write(self, text: str) -> int:
        super().write(self._calm(text))
        return len(text)

    def _calm(self, text: str) -> str:
        if text.isprintable() and "::" not in text:
            return text
        parts = (_DRAWN if self.drawn else _OURS).split(text)
        parts[::2] = map(shown.visible, parts[::2])
        return shown.uncommanded("".join(parts))
