"""A child's answers on a pipe that others may write to as well.

Libraries and strangers' code can write to any descriptor of their process. So every answer is a
line of its own that begins with a word which only the two ends know; other bytes are dropped.
"""

from __future__ import annotations

import fcntl
import os
import secrets

LIMIT_BYTES = 1 << 20
"""The longest answer."""

FIRST_DESCRIPTOR = 100
"""Out of the way of code that closes or writes to the descriptors it expects to have."""


def new_word() -> str:
    """A word that nothing else begins a line with."""
    return secrets.token_hex(16)


def hidden(descriptor: int) -> int:
    """A copy of a descriptor, far from the usual numbers and not inherited by programs."""
    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, FIRST_DESCRIPTOR)


class Speaker:
    """The child's end.

    Args:
        descriptor: where answers are written.
    """

    def __init__(self, descriptor: int, word: str) -> None:
        self.descriptor = descriptor
        self.word = word.encode()

    def say(self, answer: bytes) -> None:
        """Write one answer, bytes without a line break.

        Raises:
            OSError: nobody listens, or the descriptor was closed.
        """
        left = memoryview(b"\n" + self.word + answer + b"\n")
        while left:
            left = left[os.write(self.descriptor, left) :]


class Listener:
    """The parent's end: puts together what comes in pieces, in time linear in what came."""

    def __init__(self, word: str) -> None:
        self.word = word.encode()
        self._pieces: list[bytes] = []
        self._size = 0

    def heard(self, content: bytes) -> list[bytes]:
        """The answers that are complete with these further bytes.

        Raises:
            ValueError: an answer is longer than `LIMIT_BYTES`.
        """
        *ends, rest = content.split(b"\n")
        answers = []
        for end in ends:
            self._add(end)
            line = b"".join(self._pieces)
            if line.startswith(self.word):
                answers.append(line[len(self.word) :])
            self._pieces, self._size = [], 0
        self._add(rest)
        return answers

    def _add(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size <= LIMIT_BYTES or not self._pieces:
            self._pieces.append(piece)
        elif b"".join(self._pieces).startswith(self.word):
            raise ValueError(f"an answer of more than {LIMIT_BYTES:,} bytes")
        else:
            self._pieces = [b"-"]  # noise without end: not an answer, however it goes on
