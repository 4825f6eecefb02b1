"""The real adb, client and server, against a stand-in of the daemon on a phone: both versions of
the shell's protocol, files, and the ways in which a phone goes wrong. Nothing runs on afterwards.
"""

import os
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest

from rbench import profile
from rbench.cells.target import Target
from rbench.errors import Away, StageError
from rbench.profile.tools.android import adb, server
from rbench.profile.tools.benchmark_model.launch import TooSlow
from rbench.testing.adbd import Adbd

ADB = shutil.which("adb")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(ADB is None, reason="adb is not installed"),
]


@pytest.fixture
def own_server(phone, tmp_path, monkeypatch):
    """A server of our own in a home without keys; the real adb is first on the PATH again."""
    for name in server.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", f"{Path(ADB).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", str(server._free_port()))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(server, "SETTLE_S", 0.0)
    server.start(adb.find(), "")
    (own,) = server._own
    yield own
    server.end()
    assert own.child.poll() is not None


@pytest.fixture
def connect(phone, own_server):
    """Begins a daemon of the phone and connects adb to it."""
    daemons = []

    def make(**options):
        daemon = Adbd(phone.root, **options)
        daemons.append(daemon.__enter__())
        environment = {**os.environ, **server.address()}
        words = [ADB, "connect", daemon.serial]
        subprocess.run(words, env=environment, check=False, capture_output=True, timeout=60)
        return daemon

    yield make
    for daemon in daemons:
        daemon.leave()


@pytest.fixture(params=[1, 2], ids=["shell v1", "shell v2"])
def version(request):
    return request.param


def test_it_is_listed_with_its_model(connect):
    daemon = connect()
    (found,) = adb.attached()
    assert (found.serial, found.state, found.model) == (daemon.serial, "device", "Pixel 7")
    assert found.trouble == ("", "")


def test_commands_files_and_codes(connect, version, phone, tmp_path):
    daemon = connect(version=version)
    there = adb.Adb(daemon.serial, "here")
    there.require()
    said = there.shell("echo one; echo two >&2; exit 7")
    assert (sorted(said.text.split()), said.code) == (["one", "two"], 7)
    assert there.shell("cat /data/local/tmp/none").code == 1
    content = bytes(range(256)) * 1500 + b"\n\r\n"
    (tmp_path / "there").write_bytes(content)
    there.push(tmp_path / "there", "/data/local/tmp/file")
    assert (phone.place / "file").read_bytes() == content
    assert there.shell("wc -c </data/local/tmp/file").text.split() == [str(len(content))]
    there.pull("/data/local/tmp/file", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == content
    with pytest.raises(StageError, match="cannot pull none"):
        there.pull("/data/local/tmp/none", tmp_path / "nothing")
    wanted = "shell,v2" if version == 2 else "shell:"
    assert any(one.startswith(wanted) for one in daemon.commands)


def test_a_held_command_ends_with_the_connection(connect, phone):
    """As the guard of a round does: its input ends, and it clears up."""
    (phone.place / "left").write_text("x")
    daemon = connect(fault="drop", after=2)
    there = adb.Adb(daemon.serial, "here")
    there.require()
    there.shell("true")
    script = "( read -r word; rm /data/local/tmp/left ) & sleep 30"
    with pytest.raises(Away, match="went away"):
        there.shell(script, held=True, timeout_s=20.0)
    subprocess.run(["sleep", "0.5"], check=True)
    assert phone.left == []


def test_a_command_that_is_never_answered(connect):
    there = adb.Adb(connect(fault="hang").serial, "here")
    with pytest.raises(TooSlow):
        there.shell("true", held=True, timeout_s=1.0)
    with pytest.raises(Away, match="did not answer within 1 s"):
        there.shell("true", timeout_s=1.0)


def test_a_full_disk_is_no_lost_phone(connect, tmp_path):
    (tmp_path / "file").write_bytes(b"x" * 100_000)
    there = adb.Adb(connect(fault="full").serial, "here")
    with pytest.raises(StageError, match="No space left on device") as raised:
        there.push(tmp_path / "file", "/data/local/tmp/file")
    assert not isinstance(raised.value, Away)


def test_an_owner_who_has_not_allowed_it(connect):
    daemon = connect(fault="unauthorized")
    with pytest.raises(Away, match="has not allowed this computer") as raised:
        adb.Adb(daemon.serial, "here").require()
    assert "unlock it" in str(raised.value)


def test_a_phone_that_left(connect):
    daemon = connect()
    there = adb.Adb(daemon.serial, "here")
    there.require()
    daemon.leave()
    with pytest.raises(Away):
        there.shell("true")
    with pytest.raises(Away):
        there.require()


def test_a_round_on_it(connect, version, model, contexts, quick, tmp_path, phone):
    """The whole of a round: tool and file pushed, run, results pulled, nothing left."""
    daemon = connect(version=version)
    target = Target.parse(f"{daemon.serial}/benchmark_model/cpu")
    made = profile.measure(quick, model("recommender"), target, contexts, 0, tmp_path)
    assert (made.runs, made.median_us) == (7000, 140)
    assert made.machine.name == f"Google Pixel 7 {daemon.serial}"
    assert phone.left == []
    assert msgspec.json.decode(msgspec.json.encode(made), type=profile.Round) == made


def test_a_connection_that_breaks_in_a_round(connect, model, contexts, quick, tmp_path, phone):
    daemon = connect(fault="drop", after=12)
    target = Target.parse(f"{daemon.serial}/benchmark_model/cpu")
    with pytest.raises(Away):
        profile.measure(quick, model("recommender"), target, contexts, 0, tmp_path)
    assert daemon.away
