"""Files to and from a stand-in of a phone: adb's ``sync:`` service, see AOSP's ``SYNC.TXT``."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

BLOCK = 64 * 1024
HOME = "/data/local/tmp"


class Sync:
    """One ``sync:`` stream.

    Args:
        root: the folder that is the phone.
        write: sends bytes to the host.
        full: the disk is full after half of the next file.
    """

    def __init__(self, root: Path, write: Callable[[bytes], None], *, full: bool = False) -> None:
        self._root, self._write, self._full = root, write, full
        self.done = False
        """Whether the host has said that it was all."""
        self._waiting = b""
        self._place: Path | None = None
        self._coming = bytearray()

    def receive(self, content: bytes) -> None:
        """Requests, whole or in parts. All but ``DONE`` have a length of what follows."""
        self._waiting += content
        while len(self._waiting) >= 8:
            word, number = self._waiting[:4].decode(), struct.unpack("<I", self._waiting[4:8])[0]
            length = 0 if word in ("DONE", "QUIT") else number
            if len(self._waiting) < 8 + length:
                return
            said, self._waiting = self._waiting[8 : 8 + length], self._waiting[8 + length :]
            self._do(word, said)

    def _do(self, word: str, said: bytes) -> None:
        if word == "QUIT":
            self.done = True
        elif word == "STAT":
            self._write(b"STAT" + struct.pack("<3I", *self._stat(self._there(said))))
        elif word == "SEND":
            self._place = self._there(said.rpartition(b",")[0])
            self._coming.clear()
        elif word == "DATA":
            self._coming += said
        elif word == "DONE":
            self._store()
        elif word == "RECV":
            self._give(self._there(said))

    def _there(self, said: bytes) -> Path:
        name = said.decode()
        below = name.removeprefix(HOME) if name.startswith(HOME) else None
        return self._root / f"{HOME[1:]}{below}" if below is not None else Path(name)

    def _stat(self, path: Path) -> tuple[int, int, int]:
        """Mode, size, time; zeros where nothing is."""
        if not path.exists():
            return 0, 0, 0
        known = path.stat()
        return known.st_mode, known.st_size, int(known.st_mtime)

    def _store(self) -> None:
        assert self._place is not None
        content = bytes(self._coming)
        try:
            if self._full:
                self._place.write_bytes(content[: len(content) // 2])
                self._fail("No space left on device")
                return
            self._place.write_bytes(content)
        except OSError as error:
            self._fail(error.strerror or "it cannot be written")
            return
        self._write(b"OKAY" + struct.pack("<I", 0))

    def _give(self, path: Path) -> None:
        try:
            content = path.read_bytes()
        except OSError as error:
            self._fail(error.strerror or "it cannot be read")
            return
        for at in range(0, len(content), BLOCK):
            block = content[at : at + BLOCK]
            self._write(b"DATA" + struct.pack("<I", len(block)) + block)
        self._write(b"DONE" + struct.pack("<I", 0))

    def _fail(self, why: str) -> None:
        self._write(b"FAIL" + struct.pack("<I", len(why)) + why.encode())
