"""adb's server: the user's is used and never ended, ours ends with us. With the real adb."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from rbench.errors import Away
from rbench.profile.tools.android import adb, server

ADB = shutil.which("adb")
real = pytest.mark.skipif(ADB is None, reason="adb is not installed")


def listens(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


def until(what, within_s: float = 60.0) -> bool:
    end = time.monotonic() + within_s
    while not (found := what()) and time.monotonic() < end:
        time.sleep(0.02)
    return bool(found)


@pytest.fixture
def port(tmp_path, monkeypatch):
    """Where the user's server would be, and a home without keys."""
    for name in server.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    free = server._free_port()
    monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", str(free))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(server, "SETTLE_S", 0.0)
    yield free
    server.end()


@real
def test_without_a_server_ours_begins_and_ends_with_us(port, tmp_path):
    assert adb.attached() == []
    (own,) = server._own
    assert own.port != port
    assert listens(own.port)
    assert adb.attached() == []
    assert server._own == [own], "one serves all calls"
    assert not listens(port), "adb itself has started none"
    server.end()
    assert until(lambda: not listens(own.port))
    # A server makes its keys a while after it listens, and this one may have ended before.
    assert {path.name for path in tmp_path.glob(".android/*")} <= {"adbkey", "adbkey.pub"}


@real
@pytest.mark.parametrize("named", ["ANDROID_ADB_SERVER_PORT", "ADB_SERVER_SOCKET"])
def test_the_users_server_is_used_and_left(port, monkeypatch, named):
    assert ADB
    theirs = subprocess.Popen(
        [ADB, "-L", f"tcp:localhost:{port}", "nodaemon", "server"], stderr=subprocess.DEVNULL
    )
    try:
        assert until(lambda: listens(port))
        if named == "ADB_SERVER_SOCKET":
            monkeypatch.delenv("ANDROID_ADB_SERVER_PORT")
            monkeypatch.setenv(named, f"tcp:localhost:{port}")
        assert adb.attached() == []
        assert server._own == []
        server.end()
        assert theirs.poll() is None
        assert listens(port)
    finally:
        theirs.kill()
        theirs.wait()


@real
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_our_server_does_not_outlive_a_kill(port, tmp_path, number):
    program = (
        "import time\nfrom rbench.profile.tools.android import adb, server\n"
        "server.SETTLE_S = 0\nadb.attached()\nprint(server._own[0].port, flush=True)\n"
        "time.sleep(600)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert child.stdout
    theirs = int(child.stdout.readline())
    assert listens(theirs)
    child.send_signal(number)
    child.wait()
    child.stdout.close()
    assert until(lambda: not listens(theirs))


@pytest.mark.slow
@real
@pytest.mark.parametrize("words", [("devices",), ("devices", "--json")])
def test_the_command_leaves_no_server(port, command, tmp_path, words):
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "ANDROID_ADB_SERVER_PORT": str(port)}
    said = command(*words, env=env, check=0).stdout
    assert said.startswith("[]" if "--json" in words else "no phone is attached")
    assert not listens(port)
    assert until(lambda: not with_home(tmp_path))


def with_home(home: Path) -> list[str]:
    """Processes that were started with that home."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"HOME={home}\0".encode() in (place / "environ").read_bytes():
                found.append(place.name)
    return [number for number in found if number != str(os.getpid())]


class Answering(threading.Thread):
    """Somebody's server of another version: tells it, and counts who asks for what."""

    def __init__(self, port: int, version: int) -> None:
        super().__init__(daemon=True)
        self.asked: list[bytes] = []
        self._line = socket.create_server(("127.0.0.1", port))
        self._version = f"{version:04x}".encode()

    def run(self) -> None:
        while True:
            try:
                line, _ = self._line.accept()
            except OSError:
                return
            with line:
                self.asked.append(line.recv(100))
                line.sendall(b"OKAY0004" + self._version)

    def stop(self) -> None:
        self._line.close()


@real
def test_a_server_of_another_version_is_not_ended(port):
    other = Answering(port, 31)
    other.start()
    try:
        with pytest.raises(Away, match=r"another adb runs: version 31, .* is version \d+"):
            adb.attached()
    finally:
        other.stop()
    assert set(other.asked) == {b"000chost:version"}


@real
def test_a_server_elsewhere_that_does_not_answer_is_not_stood_in_for(port, monkeypatch):
    """The phones of this host are not those that were meant."""
    monkeypatch.setenv("ADB_SERVER_SOCKET", f"tcp:127.0.0.2:{port}")
    with pytest.raises(Away, match=r"adb cannot list phones: .*cannot connect to daemon"):
        adb.attached()
    assert server._own == []


@pytest.mark.parametrize(
    ("variables", "spec"),
    [
        ({}, "tcp:127.0.0.1:5037"),
        ({"ANDROID_ADB_SERVER_PORT": "6000"}, "tcp:127.0.0.1:6000"),
        ({"ANDROID_ADB_SERVER_PORT": "x"}, "tcp:127.0.0.1:5037"),
        ({"ADB_SERVER_SOCKET": "tcp:7000"}, "tcp:127.0.0.1:7000"),
        ({"ADB_SERVER_SOCKET": "tcp:localhost:7000"}, "tcp:127.0.0.1:7000"),
        ({"ADB_SERVER_SOCKET": "tcp:phones.example:7000"}, None),
        ({"ANDROID_ADB_SERVER_ADDRESS": "phones.example"}, None),
        ({"ANDROID_ADB_SERVER_ADDRESS": "localhost"}, "tcp:127.0.0.1:5037"),
    ],
)
def test_where_the_users_server_is(monkeypatch, variables, spec):
    """As adb itself reads it; one on another host is left as it was named."""
    for name in server.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert server.address() == ({"ADB_SERVER_SOCKET": spec} if spec else {})


@pytest.mark.parametrize("answer", [b"", b"FAIL0003no!", b"OKAYzzzz", b"OKAY0004"])
def test_something_else_on_the_port_is_no_server(answer):
    with socket.create_server(("127.0.0.1", 0)) as line:
        taken = line.getsockname()[1]

        def once() -> None:
            asking, _ = line.accept()
            with asking:
                asking.recv(100)
                asking.sendall(answer)

        threading.Thread(target=once, daemon=True).start()
        assert not server._ask("localhost", taken, "host:version")


def test_a_server_that_does_not_start_is_said(port, tmp_path, monkeypatch):
    path = tmp_path / "adb"
    path.write_text("#!/bin/sh\necho '* cannot start server on remote host' >&2\nexit 1\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(Away, match="adb's server cannot be started"):
        adb.attached()
    assert server._own == []
