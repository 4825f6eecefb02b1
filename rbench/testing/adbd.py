"""A phone for the real adb: stands in for adbd, the daemon on an Android device, over TCP.

adb's client and server are the real ones and speak their own protocol with it (AOSP,
``packages/modules/adb/protocol.txt`` and ``SYNC.TXT``); behind it is a local folder. Its
``/data/local/tmp`` and ``/sys`` lie in that folder, and what is in its ``bin`` stands first on the
PATH of the phone's shell.

    with Adbd(root) as phone:
        subprocess.run(["adb", "connect", phone.serial])

Only for tests: whoever reaches the port, of this machine alone, runs commands.
"""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path
from queue import Queue
from types import TracebackType
from typing import Literal, NamedTuple

from rbench.testing.adb_sync import Sync

Fault = Literal["", "drop", "hang", "full", "unauthorized"]
"""``drop``: the connection breaks half a second into a command, and the phone stays away; ``hang``:
a command is never answered; ``full``: the disk is full after half a file; ``unauthorized``: its
owner has not allowed this computer."""
BREAKS_AFTER_S = 0.5
VERSION, MOST = 0x01000000, 256 * 1024
WORDS = ("CNXN", "AUTH", "OPEN", "OKAY", "WRTE", "CLSE")
_CODES = {word: int.from_bytes(word.encode(), "little") for word in WORDS}
_NAMES = {code: word for word, code in _CODES.items()}
STDIN, STDOUT, STDERR, EXIT, CLOSE_STDIN = range(5)
"""Kinds of packet in version 2 of the shell's protocol."""


class Message(NamedTuple):
    """One of adb's, see ``protocol.txt``."""

    word: str
    first: int
    second: int
    payload: bytes = b""


class Adbd:
    """The daemon: any number of connections, any number of commands on each.

    Args:
        root: the folder that is the phone.
        version: of the shell's protocol: 1 has one stream and no exit code, as before Android 7.
        fault: what goes wrong, from the ``after``-th command on (from 1).
    """

    def __init__(
        self, root: Path, *, version: Literal[1, 2] = 2, fault: Fault = "", after: int = 1
    ) -> None:
        self.root, self.version, self.fault, self.after = root, version, fault, after
        self.commands: list[str] = []
        """Services that were asked for, in their order."""
        self.away = False
        self._lines: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0))

    @property
    def serial(self) -> str:
        """What adb calls the phone once it is connected."""
        return f"127.0.0.1:{self._listening.getsockname()[1]}"

    def __enter__(self) -> Adbd:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.leave()

    def leave(self) -> None:
        """The cable is pulled: every connection breaks, and none begins."""
        self.away = True
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for line in self._lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()

    def fails(self, service: str) -> bool:
        """Note a command, and say whether it is one that the fault strikes."""
        self.commands.append(service)
        return bool(self.fault) and len(self.commands) >= self.after

    def _accept(self) -> None:
        with suppress(OSError):
            while not self.away:
                line, _ = self._listening.accept()
                self._lines.append(line)
                threading.Thread(target=_Connection(self, line).serve, daemon=True).start()


class _Connection:
    """One host: its streams by number."""

    def __init__(self, phone: Adbd, line: socket.socket) -> None:
        self.phone, self._line = phone, line
        self._sending = threading.Lock()
        self._streams: dict[int, _Stream] = {}

    def serve(self) -> None:
        """Until the connection ends; then everything on it does."""
        with suppress(OSError, EOFError, struct.error):
            while True:
                self._take(self._read())
        for stream in list(self._streams.values()):
            stream.close()
        self._line.close()

    def send(self, word: str, first: int, second: int, payload: bytes = b"") -> None:
        code = _CODES[word]
        head = (code, first, second, len(payload), sum(payload) & 0xFFFFFFFF, code ^ 0xFFFFFFFF)
        with self._sending:
            self._line.sendall(struct.pack("<6I", *head) + payload)

    def _read(self) -> Message:
        code, first, second, length, _, _ = struct.unpack("<6I", self._exactly(24))
        return Message(_NAMES.get(code, ""), first, second, self._exactly(length))

    def _exactly(self, count: int) -> bytes:
        content = b""
        while len(content) < count:
            block = self._line.recv(min(count - len(content), 1 << 16))
            if not block:
                raise EOFError
            content += block
        return content

    def _take(self, message: Message) -> None:
        if message.word == "CNXN":
            if self.phone.fault == "unauthorized":
                self.send("AUTH", 1, 0, os.urandom(20))
            else:
                self.send("CNXN", VERSION, MOST, self._banner())
        elif message.word == "AUTH" and self.phone.fault == "unauthorized":
            # A signature is refused; a key waits for the owner, who says nothing.
            if message.first == 2:
                self.send("AUTH", 1, 0, os.urandom(20))
        elif message.word == "OPEN":
            number = max(self._streams, default=0) + 1
            opened = _Stream(self, number, message.first, message.payload.rstrip(b"\0").decode())
            self._streams[number] = opened
            threading.Thread(target=opened.run, daemon=True).start()
        elif (stream := self._streams.get(message.second)) is not None:
            self._tell(stream, message)

    def _tell(self, stream: _Stream, message: Message) -> None:
        if message.word == "OKAY":
            stream.acknowledged.set()
        elif message.word == "WRTE":
            stream.receive(message.payload)
            self.send("OKAY", stream.number, stream.theirs)
        elif message.word == "CLSE":
            stream.close()

    def _banner(self) -> bytes:
        features = "shell_v2,cmd" if self.phone.version == 2 else "cmd"
        said = {
            "ro.product.name": "panther",
            "ro.product.model": "Pixel 7",
            "ro.product.device": "panther",
            "features": features,
        }
        return f"device::{''.join(f'{key}={value};' for key, value in said.items())}".encode()

    def forget(self, number: int) -> None:
        self._streams.pop(number, None)


class _Stream:
    """One service on a connection."""

    def __init__(self, on: _Connection, number: int, theirs: int, service: str) -> None:
        self._on, self.number, self.theirs, self._service = on, number, theirs, service
        self.acknowledged = threading.Event()
        self._writing = threading.Lock()
        self._closed = threading.Event()
        self._shell: subprocess.Popen[bytes] | None = None
        self._waiting = b""
        """Of version 2's packets, what is not whole yet."""
        self._early: list[bytes] = []
        self._files: Queue[bytes] = Queue()
        """What the host says on a ``sync:`` stream; empty: it ended."""

    def run(self) -> None:
        """The whole service."""
        phone = self._on.phone
        struck = phone.fails(self._service)
        with suppress(OSError, ValueError):
            if self._service.startswith("sync:"):
                self._on.send("OKAY", self.number, self.theirs)
                if struck and phone.fault == "drop":
                    phone.leave()
                sync = Sync(phone.root, self.write, full=struck and phone.fault == "full")
                while not sync.done and (said := self._files.get()):
                    sync.receive(said)
                self._on.send("CLSE", self.number, self.theirs)
                self.close()
                return
            if not self._service.startswith("shell"):
                self._on.send("CLSE", 0, self.theirs)
                return
            self._on.send("OKAY", self.number, self.theirs)
            if struck and phone.fault == "hang":
                return
            self._run_shell(breaks=struck and phone.fault == "drop")

    def _run_shell(self, *, breaks: bool) -> None:
        phone = self._on.phone
        name, _, script = self._service.partition(":")
        packets = "v2" in name.split(",")
        told = script.replace("/data/local/tmp", f"{phone.root}/data/local/tmp")
        self._shell = shell = subprocess.Popen(
            ["/bin/sh", "-c", told.replace("/sys/", f"{phone.root}/sys/")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if packets else subprocess.STDOUT,
            cwd=phone.root,
            env={**os.environ, "PATH": f"{phone.root}/bin:{os.environ['PATH']}"},
            start_new_session=True,
        )
        for block in self._early:
            self._feed(block)
        if breaks:
            threading.Timer(BREAKS_AFTER_S, phone.leave).start()
        pipes = [(shell.stdout, STDOUT), *([(shell.stderr, STDERR)] if packets else [])]
        readers = [
            threading.Thread(target=self._carry, args=(pipe, kind, packets), daemon=True)
            for pipe, kind in pipes
        ]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        code = shell.wait()
        if breaks:
            time.sleep(2 * BREAKS_AFTER_S)
        if packets:
            self.write(_packet(EXIT, bytes([code & 0xFF])))
        self._on.send("CLSE", self.number, self.theirs)
        self.close()

    def _carry(self, pipe: object, kind: int, packets: bool) -> None:
        with suppress(OSError, ValueError):
            while block := os.read(pipe.fileno(), 1 << 14):  # type: ignore[attr-defined]
                # Before version 2 there is a terminal on the phone, which has its own line ends.
                said = _packet(kind, block) if packets else block.replace(b"\n", b"\r\n")
                self.write(said)

    def write(self, content: bytes) -> None:
        """In parts, each once the one before it was taken.

        Raises:
            OSError: the stream or the connection ended.
        """
        with self._writing:
            for at in range(0, len(content), MOST):
                self.acknowledged.clear()
                self._on.send("WRTE", self.number, self.theirs, content[at : at + MOST])
                while not self.acknowledged.wait(0.05):
                    if self._closed.is_set():
                        raise OSError("closed")

    def receive(self, content: bytes) -> None:
        """What the host says on this stream."""
        if self._service.startswith("sync:"):
            self._files.put(content)
        elif self._shell is None:
            self._early.append(content)
        else:
            self._feed(content)

    def _feed(self, content: bytes) -> None:
        assert self._shell is not None
        assert self._shell.stdin is not None
        with suppress(OSError, ValueError):
            if "v2" not in self._service.partition(":")[0].split(","):
                self._shell.stdin.write(content)
                self._shell.stdin.flush()
                return
            self._waiting += content
            while len(self._waiting) >= 5:
                kind, length = struct.unpack("<BI", self._waiting[:5])
                if len(self._waiting) < 5 + length:
                    return
                block, self._waiting = self._waiting[5 : 5 + length], self._waiting[5 + length :]
                if kind == STDIN:
                    self._shell.stdin.write(block)
                    self._shell.stdin.flush()
                elif kind == CLOSE_STDIN:
                    self._shell.stdin.close()

    def close(self) -> None:
        """A shell whose connection ended has an end of its input, and is hung up on."""
        self._closed.set()
        self._files.put(b"")
        self._on.forget(self.number)
        if self._shell is not None:
            with suppress(OSError, ValueError):
                if self._shell.stdin:
                    self._shell.stdin.close()
            with suppress(ProcessLookupError, PermissionError):
                self._shell.send_signal(signal.SIGHUP)


def _packet(kind: int, content: bytes) -> bytes:
    return struct.pack("<BI", kind, len(content)) + content
