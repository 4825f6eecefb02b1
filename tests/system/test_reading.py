"""What somebody pointed at: files and pipes are read, nothing else is touched or waited for."""

import os
import socket
import threading
from pathlib import Path

import pytest

from rbench.data import DataSettings, load
from rbench.errors import DataError, OutputError, PluginError, RecordError, StudyError
from rbench.gate import read_baseline, read_budget
from rbench.plugins import encoder
from rbench.records.run_folder import read_items, read_run
from rbench.study import Study
from rbench.system import reading
from rbench.system.reading import content_of, kind_of
from rbench.system.writing import write_atomically
from rbench.testing.runs import example_run


@pytest.fixture
def pipe(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "NOBODY_S", 0.02)
    monkeypatch.setattr(reading, "SILENT_S", 0.05)
    monkeypatch.setattr("rbench.system.writing.NOBODY_S", 0.02)
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


@pytest.fixture
def listening(tmp_path):
    with socket.socket(socket.AF_UNIX) as made:
        place = os.path.relpath(tmp_path / "s")  # the system takes no long names
        made.bind(place if len(place) < 100 else str(tmp_path / "s"))
        yield tmp_path / "s"


def test_a_file_is_read_up_to_its_bound(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    assert content_of(path, 5) == b"12345"
    assert kind_of(path) == ""
    with pytest.raises(ValueError, match="more than 4 bytes"):
        content_of(path, 4)


def test_what_is_no_file_is_called_by_its_name(tmp_path, pipe, listening):
    assert kind_of(tmp_path) == "a folder"
    assert kind_of(pipe) == "a pipe"
    assert kind_of(listening) == "a socket"
    assert kind_of(Path(os.devnull)) == "a device"
    assert kind_of(tmp_path / "missing") == ""
    assert kind_of(Path("a\0b")) == ""


def test_devices_and_sockets_are_not_opened(listening):
    for path in (Path("/dev/zero"), listening):
        with pytest.raises(OSError, match=r"it is a (device|socket), no file"):
            content_of(path, 10)


def test_a_pipe_that_nobody_writes_to(pipe):
    with pytest.raises(OSError, match="a pipe that nobody writes to"):
        content_of(pipe, 10)


def test_a_pipe_whose_writer_says_nothing(pipe):
    writer = os.open(pipe, os.O_RDWR)
    try:
        with pytest.raises(OSError, match="a pipe that gave nothing"):
            content_of(pipe, 10)
    finally:
        os.close(writer)


@pytest.mark.parametrize("content", [b"x = 1\n", b"12345678" * 40_000])
def test_a_pipe_is_read_to_its_end(pipe, content):
    writer = threading.Thread(target=pipe.write_bytes, args=(content,))
    writer.start()
    assert content_of(pipe, len(content)) == content
    writer.join()


def test_a_pipe_without_end_is_read_up_to_the_bound(pipe):
    def pour():
        with pipe.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except BrokenPipeError:
                pass

    writer = threading.Thread(target=pour)
    writer.start()
    with pytest.raises(ValueError, match="more than 100 bytes"):
        content_of(pipe, 100)
    writer.join()


def test_a_budget_may_come_through_a_pipe_of_the_shell(pipe):
    ours, theirs = os.pipe()
    os.write(theirs, b'max_size_bytes = "300KB"\n')
    os.close(theirs)
    try:
        assert read_budget(Path(f"/dev/fd/{ours}")).max_size_bytes == 300_000
    finally:
        os.close(ours)


@pytest.mark.parametrize(
    ("read", "error"),
    [
        (read_budget, StudyError),
        (read_baseline, RecordError),
        (Study.read, StudyError),
        (read_run, RecordError),
        (lambda path: load(DataSettings(path=str(path))), DataError),
        (lambda path: encoder(f"{path.rename(path.with_suffix('.py'))}:Mine"), PluginError),
        (lambda path: write_atomically(path, b"x"), OutputError),
    ],
)
def test_nothing_that_is_pointed_at_is_waited_for(pipe, read, error):
    with pytest.raises(error):
        read(pipe)


@pytest.mark.parametrize("name", ["records.jsonl", "run.json", "items.json"])
def test_a_pipe_in_a_run_folder(tmp_path, pipe, name):
    run = example_run(tmp_path / "run", encoders=("bow",), recipes=("float32",), samples=30)
    (run.folder / name).unlink()
    os.mkfifo(run.folder / name)
    with pytest.raises(RecordError, match="is a pipe, no file"):
        (read_items if name == "items.json" else read_run)(run.folder)
