"""The store: artefacts appear whole or not at all, whoever is killed and whoever races."""

import errno
import multiprocessing
import os
import signal
import sys
import time
from pathlib import Path

import filelock
import msgspec
import pytest

from rbench.errors import OutputError, StageError
from rbench.sweeping.store import Failure, Store

KEY = "abcdef0123456789"
SPAWN = multiprocessing.get_context("fork")


class Result(msgspec.Struct, frozen=True):
    number: int


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def make(store, work, *, resumable=False, key=KEY):
    return store.make("train", key, Result, work, resumable=resumable)


def test_an_artefact_is_made_once(store):
    calls = []

    def work(folder):
        calls.append(folder)
        (folder / "weights").write_text("w")
        return Result(7)

    assert not store.has("train", KEY)
    assert make(store, work) == Result(7)
    assert make(store, work) == Result(7)
    assert len(calls) == 1
    assert store.has("train", KEY)
    assert store.read("train", KEY, Result) == Result(7)
    folder = store.folder("train", KEY)
    assert folder == store.root / "train" / "ab" / KEY
    assert sorted(path.name for path in folder.iterdir()) == ["result.json", "weights"]


def test_the_same_key_of_another_stage_is_another_artefact(store):
    make(store, lambda folder: Result(1))
    assert not store.has("compress", KEY)


@pytest.mark.parametrize("resumable", [True, False])
def test_a_killed_making_leaves_no_artefact(store, resumable):
    def killed(folder):
        (folder / "checkpoint").write_text("epoch 3")
        os.kill(os.getpid(), signal.SIGKILL)

    child = SPAWN.Process(target=make, args=(store, killed), kwargs={"resumable": resumable})
    child.start()
    child.join(300)
    assert child.exitcode == -signal.SIGKILL
    assert not store.has("train", KEY)
    partial = store.folder("train", KEY).with_name(f"{KEY}.partial")
    assert (partial / "checkpoint").is_file()

    def work(folder):
        return Result(int((folder / "checkpoint").is_file()))

    assert make(store, work, resumable=resumable) == Result(int(resumable))
    assert not partial.exists()
    assert store.has("train", KEY)


def test_an_error_leaves_no_artefact(store):
    def broken(folder):
        raise StageError("no")

    with pytest.raises(StageError):
        make(store, broken)
    assert not store.has("train", KEY)
    assert make(store, lambda folder: Result(1)) == Result(1)


def _race(store, calls, start):
    def work(folder):
        with calls.get_lock():
            calls.value += 1
        time.sleep(0.1)
        (folder / "mine").write_text(str(os.getpid()))
        return Result(os.getpid())

    start.wait(300)
    made = make(store, work)
    assert (store.folder("train", KEY) / "mine").read_text() == str(made.number)


def test_processes_that_race_make_it_once(store):
    calls, start = SPAWN.Value("i", 0), SPAWN.Event()
    children = [SPAWN.Process(target=_race, args=(store, calls, start)) for _ in range(4)]
    for child in children:
        child.start()
    start.set()
    for child in children:
        child.join(300)
    assert [child.exitcode for child in children] == [0] * 4
    assert calls.value == 1


def test_failures_are_remembered_until_forgiven(store):
    assert store.failure("train", KEY) is None
    store.fail("train", KEY, Failure(reason="loss is nan", passing=True))
    found = store.failure("train", KEY)
    assert found == Failure(reason="loss is nan", passing=True)
    assert found.state == "failed"
    store.forgive("train", KEY)
    store.forgive("train", KEY)
    assert store.failure("train", KEY) is None


def test_success_forgives(store):
    store.fail("train", KEY, Failure(reason="loss is nan"))
    make(store, lambda folder: Result(1))
    assert store.failure("train", KEY) is None


@pytest.mark.parametrize("content", [b"", b'{"rea', b"[]", b"\xff\x00"])
def test_a_torn_failure_note_is_none(store, content):
    store.fail("train", KEY, Failure(reason="x"))
    store.folder("train", KEY).with_name(f"{KEY}.failed").write_bytes(content)
    assert store.failure("train", KEY) is None


def test_the_place_is_chosen_by_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("RBENCH_STORE", str(tmp_path / "elsewhere"))
    assert Store().root == tmp_path / "elsewhere"
    assert Store(tmp_path).root == tmp_path
    monkeypatch.delenv("RBENCH_STORE")
    assert Store().root.name == "store"


@pytest.mark.parametrize(
    "place", ["file", "file/store", "loop", "loop/store", "x" * 300, "/proc/x"]
)
def test_a_store_that_cannot_be_written(tmp_path, place):
    (tmp_path / "file").write_text("")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OutputError, match="another place with RBENCH_STORE") as caught:
        Store(tmp_path / place).prepare()
    assert caught.value.where == str(tmp_path / place)


def test_who_waits_for_another_process_says_so(store, monkeypatch):
    monkeypatch.setattr("rbench.sweeping.store.WAITED_S", 0.01)
    folder = store.folder("train", KEY)
    folder.parent.mkdir(parents=True)
    other = filelock.FileLock(folder.with_name(f"{KEY}.lock"))
    other.acquire()
    said = []

    def waiting():
        said.append(True)
        if len(said) == 3:
            other.release()

    made = store.make("train", KEY, Result, lambda _: Result(1), resumable=False, waiting=waiting)
    assert made == Result(1)
    assert len(said) == 3


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES])
def test_an_unwritable_store_is_an_output_error(store, number):
    def full(folder):
        raise OSError(number, os.strerror(number), str(folder / "weights"))

    with pytest.raises(OutputError) as caught:
        make(store, full)
    assert os.strerror(number) in str(caught.value)
    assert "RBENCH_STORE" in caught.value.remedy


def test_other_errors_of_the_system_stay_what_they_are(store):
    def absent(folder):
        (folder / "none").read_text()

    with pytest.raises(FileNotFoundError):
        make(store, absent)


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is Linux's")
def test_a_full_disk(store):
    def full(folder):
        with Path("/dev/full").open("wb", buffering=0) as device:
            device.write(b"x")

    with pytest.raises(OutputError, match="No space left on device"):
        make(store, full)
    assert not store.has("train", KEY)


def test_a_huge_reason_is_cut(store):
    store.fail("train", KEY, Failure(reason="x" * 3_000_000, stage="train"))
    found = store.failure("train", KEY)
    assert len(found.reason) == 4000
    assert "(of 3,000,000 characters)" in found.reason
