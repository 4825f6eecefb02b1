"""Files that are whole or not there."""

import os
import stat
import sys
from pathlib import Path

import pytest

from rbench.convert.noise import captured
from rbench.errors import OutputError
from rbench.system import writing
from rbench.system.writing import clear_torn, make_executable, write_atomically


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "deep" / "file"
    write_atomically(path, b"old")

    def killed(descriptor):
        raise KeyboardInterrupt

    monkeypatch.setattr(writing.os, "fsync", killed)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [found.name for found in path.parent.iterdir()] == ["file"]


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="cannot write") as caught:
        write_atomically(tmp_path / "file" / "below", b"new")
    assert caught.value.exit_code == 2
    assert caught.value.remedy


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is Linux's")
def test_a_full_disk_is_an_output_error(tmp_path, monkeypatch):
    def full(descriptor):
        with Path("/dev/full").open("wb", buffering=0) as device:
            device.write(b"x")

    monkeypatch.setattr(writing.os, "fsync", full)
    with pytest.raises(OutputError, match="No space left on device"):
        write_atomically(tmp_path / "file", b"new")
    assert list(tmp_path.iterdir()) == []


def test_what_killed_writers_left_goes_and_nothing_else(tmp_path):
    handle, torn = writing._new(tmp_path / "records.jsonl")
    os.close(handle)
    for name in (".lock", "records.jsonl", ".records.jsonl", "a.12345678"):
        (tmp_path / name).write_text("")
    clear_torn(tmp_path)
    assert not torn.exists()
    assert {path.name for path in tmp_path.iterdir()} == {
        ".lock", "records.jsonl", ".records.jsonl", "a.12345678",
    }  # fmt: skip


@pytest.fixture(params=[0o077, 0o022, 0o002], ids=oct)
def umask(request):
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_files_have_the_rights_that_the_umask_leaves(tmp_path, umask):
    path = tmp_path / "deep" / "file"
    write_atomically(path, b"old")
    write_atomically(path, b"new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o777 & ~umask
    make_executable(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o777 & ~umask


def test_a_log_of_a_converter_too(tmp_path, umask):
    with captured(tmp_path / "log"):
        os.write(1, b"noise")
    assert stat.S_IMODE((tmp_path / "log").stat().st_mode) == 0o666 & ~umask


def test_a_link_stays_and_its_target_is_replaced(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "target").write_bytes(b"old")
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "there" / "target")
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert (tmp_path / "there" / "target").read_bytes() == b"new"


def test_what_is_no_file_is_written_not_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_atomically(pipe, b"through it")
        assert os.read(reader, 100) == b"through it"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    write_atomically(Path(os.devnull), b"x")
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is Linux's")
def test_a_full_device_is_an_output_error():
    with pytest.raises(OutputError, match="No space left on device"):
        write_atomically(Path("/dev/full"), b"x")


@pytest.mark.parametrize("name", ["a\0b", "a\ud800", "n" * 300])
def test_a_name_that_no_file_can_have(tmp_path, name):
    with pytest.raises(OutputError, match="cannot write"):
        write_atomically(tmp_path / name, b"x")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["n" * 255, "\N{CHECK MARK}" * 85, os.fsdecode(b"caf\xff\n")])
def test_a_name_that_a_file_can_have(tmp_path, name):
    write_atomically(tmp_path / name, b"x")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_folder_is_not_replaced(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match="Is a directory"):
        write_atomically(tmp_path / "folder", b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
