"""What a talkative process says, kept small."""

from __future__ import annotations

import contextlib
import threading
from typing import IO

MOST_BYTES = 16 * 2**20
"""Of one stream. A good run says a few thousand, with an op profile some hundred thousand."""


class Listener:
    """Reads a stream to its end in a thread, without what repeats.

    An operator that fails says so in every run, a hundred thousand times a second; of equal error
    lines the first is kept.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self.flooded = False
        """Whether more was said than is kept."""
        self._kept: list[bytes] = []
        self._size = 0
        self._errors: set[bytes] = set()
        self._thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._thread.start()

    def heard(self, within_s: float) -> str:
        """All that was kept, once the stream has ended or the time is over."""
        self._thread.join(within_s)
        return b"".join(list(self._kept)).decode(errors="replace")

    def _read(self, stream: IO[bytes]) -> None:
        # It is closed under our hands if somebody else holds its other end for too long.
        with contextlib.suppress(ValueError, OSError):
            while line := stream.readline(MOST_BYTES):
                self._keep(line)

    def _keep(self, line: bytes) -> None:
        if line in self._errors:
            return
        self._size += len(line)
        if self._size > MOST_BYTES:
            self.flooded = True
            return
        if line.startswith(b"ERROR:"):
            self._errors.add(line)
        self._kept.append(line)
