"""Folders for temporary files: they go with their makers, or when the next one is made."""

import errno
import os
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from rbench.errors import OutputError
from rbench.system import temporary

SWEEP = """
import os, subprocess, sys
from rbench.system import temporary
with temporary.of_a_sweep() as environment:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"],
                             env={**os.environ, **environment}, start_new_session=True,
                             stdout=subprocess.DEVNULL)
    print(environment["TMPDIR"], child.pid, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv(temporary.USERS, str(folder))
    return folder


def test_it_goes_with_the_sweep_whatever_is_left_in_it(place):
    with suppress(KeyboardInterrupt), temporary.of_a_sweep() as environment:
        assert environment[temporary.USERS] == str(place)
        (folder,) = place.iterdir()
        assert environment["TMPDIR"] == str(folder)
        assert folder.stat().st_mode & 0o077 == 0
        (folder / "__autograph_generated_file.py").write_text("")
        (folder / "deeper").mkdir()
        raise KeyboardInterrupt
    assert list(place.iterdir()) == []


def test_that_of_a_killed_sweep_goes_when_the_next_starts(place):
    sweep = subprocess.Popen(
        [sys.executable, "-P", "-c", SWEEP], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    folder, child = sweep.stdout.readline().split()
    with temporary.of_a_sweep():
        assert len(list(place.iterdir())) == 2  # it lives, nobody touches it
    sweep.kill()
    sweep.communicate()
    with temporary.of_a_sweep() as environment:
        assert [str(path) for path in place.iterdir()] == [environment["TMPDIR"]]
        assert environment["TMPDIR"] != folder.decode()
        if sys.platform == "linux":
            end = time.monotonic() + 300
            while os.path.exists(f"/proc/{int(child)}/fd/0"):  # noqa: PTH110
                assert time.monotonic() < end, "its process stays"
    assert list(place.iterdir()) == []


def test_a_folder_goes_with_what_is_in_it(place):
    with suppress(KeyboardInterrupt), temporary.folder(place) as made:
        (made / "deeper").mkdir()
        with temporary.folder(place) as another:
            assert sorted(place.iterdir()) == sorted([made, another])
        raise KeyboardInterrupt
    assert list(place.iterdir()) == []


def test_a_place_without_room_is_named(place):
    with (
        pytest.raises(OutputError, match=r"cannot make a folder for temporary files.*TMPDIR"),
        temporary.folder(place / "nowhere"),
    ):
        pass


def test_what_is_not_a_sweeps_stays(place, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "dear").write_text("")
    (place / f"{temporary.PREFIX}link").symlink_to(tmp_path / "elsewhere")
    (place / f"{temporary.PREFIX}file").write_text("")
    (place / f"{temporary.PREFIX}young").mkdir()
    for name in ("old", "mine"):
        (place / f"{temporary.PREFIX}{name}").mkdir()
    (place / f"{temporary.PREFIX}mine" / "dear").write_text("")
    for name in ("old", "mine"):
        os.utime(place / f"{temporary.PREFIX}{name}", (0, 0))
    temporary.clear_stale(place)
    assert sorted(path.name.removeprefix(temporary.PREFIX) for path in place.iterdir()) == [
        "file", "link", "mine", "young",
    ]  # fmt: skip
    assert (tmp_path / "elsewhere" / "dear").is_file()


def test_no_place_for_it(place):
    place.rmdir()
    with pytest.raises(OutputError, match="with TMPDIR") as caught, temporary.of_a_sweep():
        pass
    assert caught.value.where == str(place)


def full(filename=None):
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), filename)


def raised(error, cause):
    try:
        raise error from cause
    except Exception as made:
        return made


@pytest.mark.parametrize(
    ("error", "is_full"),
    [
        (full(), True),
        (OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)), True),
        (RuntimeError("{{function_node}} /x/y.tmp; No space left on device [Op:SaveV2]"), True),
        (FileNotFoundError(2, "No usable temporary directory found in ['/tmp']"), True),
        (raised(ValueError("cannot save"), full()), True),
        (OSError(errno.EACCES, "Permission denied"), False),
        (ValueError("space"), False),
    ],
)
def test_what_tells_of_a_full_place(error, is_full, monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    assert (temporary.full_place(error, tmp_path / "store") is not None) == is_full


@pytest.mark.parametrize(
    ("name", "rooms", "found"),
    [
        ("store/x", {"tmp": 0, "store": 10**9}, "store"),
        ("tmp/x", {"tmp": 10**9, "store": 0}, "tmp"),
        (None, {"tmp": 10**9, "store": 0}, "store"),
        (None, {"tmp": 0, "store": 10**9}, "tmp"),
        (None, {"tmp": 0, "store": 0}, "tmp"),
    ],
)
def test_which_place_is_full(name, rooms, found, monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr(temporary, "_room", lambda place: rooms[place.name])
    error = full(str(tmp_path / name) if name else None)
    assert temporary.full_place(error, tmp_path / "store") == tmp_path / found


def test_an_exception_that_cannot_say_what_it_is_means_no_full_place(tmp_path):
    mute = type("Mute", (Exception,), {"__str__": lambda self: 1 / 0})
    assert temporary.full_place(mute(), tmp_path) is None
