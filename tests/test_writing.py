"""Files that are whole or not there."""

import os
import stat
import sys
import tempfile
from pathlib import Path

import pytest

from rbench import writing
from rbench.errors import OutputError
from rbench.writing import clear_torn, write_atomically


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "deep" / "file"
    write_atomically(path, b"old")
    assert stat.S_IMODE(path.stat().st_mode) == 0o644

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
    handle, torn = tempfile.mkstemp(dir=tmp_path, prefix=".records.jsonl.")
    os.close(handle)
    for name in (".lock", "records.jsonl", ".records.jsonl", "a.12345678"):
        (tmp_path / name).write_text("")
    clear_torn(tmp_path)
    assert not Path(torn).exists()
    assert {path.name for path in tmp_path.iterdir()} == {
        ".lock", "records.jsonl", ".records.jsonl", "a.12345678",
    }  # fmt: skip
