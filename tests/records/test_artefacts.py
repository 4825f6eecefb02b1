import hashlib
import io
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rbench.records import Quality, Run, RunInfo
from rbench.records.artefacts import changed, read_ranks, sha256_of

USERS = 5


@pytest.fixture
def run(tmp_path):
    (tmp_path / "artefacts").mkdir()
    return Run(folder=tmp_path, info=RunInfo(study="", created="", rbench=""), records=())


def quality(name, users=USERS):
    return Quality(users=users, metrics={}, coverage=0.0, ranks=name)


def put(run, content, name=None):
    name = name or hashlib.sha256(content).hexdigest()
    (run.folder / "artefacts" / f"{name}.npz").write_bytes(content)
    return name


def archive(write=np.savez, **arrays):
    buffer = io.BytesIO()
    write(buffer, **arrays)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["int32", "uint8", "int64", ">i4", "uint64"])
def test_whole_numbers_from_0_are_ranks(run, kind):
    wanted = np.array([1, 0, 3, 250, 7], kind)
    found = read_ranks(run, quality(put(run, archive(ranks=wanted))))
    assert found.values.tolist() == [1, 0, 3, 250, 7]
    assert (found.missing, found.broken, found.values.dtype) == ("", False, np.int64)


ODD = {
    "NaN": (np.full(USERS, np.nan), "float64"),
    "infinities": (np.full(USERS, np.inf), "float64"),
    "floats": (np.ones(USERS), "float64"),
    "huge floats": (np.full(USERS, 1e300), "float64"),
    "truths": (np.ones(USERS, bool), "bool"),
    "complex numbers": (np.ones(USERS, complex), "complex128"),
    "texts": (np.array(["1"] * USERS), "<U1"),
    "dates": (np.zeros(USERS, "datetime64[s]"), "datetime64"),
    "fields": (np.zeros(USERS, [("a", "i4")]), "type"),
    "negative": (np.array([1, 2, -1, 3, 4]), "below 0"),
    "beyond 64 bits": (np.full(USERS, 2**64 - 1, np.uint64), "beyond 64 bits"),
    "a table": (np.ones((USERS, 1), np.int32), "shape (5, 1)"),
    "a number": (np.int32(1), "shape ()"),
    "one too few": (np.ones(USERS - 1, np.int32), "4 numbers for 5 users"),
    "one too many": (np.ones(USERS + 1, np.int32), "6 numbers for 5 users"),
    "nobody": (np.ones(0, np.int32), "0 numbers for 5 users"),
}


@pytest.mark.parametrize("name", ODD)
def test_what_is_no_rank_of_every_user_is_no_ranks(run, name):
    array, why = ODD[name]
    found = read_ranks(run, quality(put(run, archive(ranks=array))))
    assert found.values is None
    assert found.broken
    assert why in found.missing


def test_ranks_of_nobody_are_none(run):
    found = read_ranks(run, quality(put(run, archive(ranks=np.ones(0, np.int32))), users=0))
    assert found.values is None
    assert "nobody was asked" in found.missing


class Loud:
    def __reduce__(self):
        return (os.mkdir, ("unpickled",))


def test_nothing_is_unpickled(run, monkeypatch):
    monkeypatch.chdir(run.folder)
    objects = np.empty(USERS, object)
    objects[:] = Loud()
    pickled = pickle.dumps(Loud())
    for content in (archive(ranks=objects), pickled):
        found = read_ranks(run, quality(put(run, content)))
        assert found.values is None
        assert found.broken
    assert not Path("unpickled").exists()


def test_content_that_its_name_does_not_tell_is_no_ranks(run):
    name = put(run, archive(ranks=np.arange(USERS)))
    put(run, archive(ranks=np.ones(USERS, np.int32)), name)
    found = read_ranks(run, quality(name))
    assert found.values is None
    assert found.broken
    assert "is not the file that was recorded" in found.missing


def test_ranks_that_are_not_there_are_missing_but_not_broken(run):
    for absent in (quality(""), quality("0" * 64), None):
        found = read_ranks(run, absent)
        assert (found.values, found.broken) == (None, False)
        assert found.missing


@pytest.mark.parametrize("name", ["../" * 5 + "etc/passwd", "A" * 64, "0" * 63, "x\0y", "é" * 64])
def test_a_name_that_is_no_sha256_is_not_looked_for(run, name):
    found = read_ranks(run, quality(name))
    assert found.broken
    assert "no sha256" in found.missing
    assert len(found.missing) < 200


def test_a_pipe_and_a_folder_are_no_artefact(run):
    os.mkfifo(run.folder / "artefacts" / f"{'a' * 64}.npz")
    (run.folder / "artefacts" / f"{'b' * 64}.npz").mkdir()
    for letter in "ab":
        found = read_ranks(run, quality(letter * 64))
        assert found.broken
        assert "no ordinary file" in found.missing
    with pytest.raises(OSError, match="no ordinary file"):
        sha256_of(run.folder / "artefacts" / f"{'a' * 64}.npz")


def test_an_archive_that_unpacks_to_gigabytes_is_refused(run, monkeypatch):
    monkeypatch.setattr("rbench.records.artefacts.MOST_BYTES", 100_000)
    content = archive(np.savez_compressed, ranks=np.zeros(1_000_000, np.int32))
    assert len(content) < 10_000
    found = read_ranks(run, quality(put(run, content), users=1_000_000))
    assert found.broken
    assert "unpacks to more than 100,000 bytes" in found.missing


def test_a_header_that_claims_more_than_there_is(run):
    array = b"\x93NUMPY\x01\x00"
    head = b"{'descr': '<i4', 'fortran_order': False, 'shape': (1000000000000,), }".ljust(117)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as written:
        written.writestr(
            "ranks.npy", array + len(head + b"\n").to_bytes(2, "little") + head + b"\n"
        )
    found = read_ranks(run, quality(put(run, buffer.getvalue()), users=10**12))
    assert found.broken


def test_an_archive_without_ranks(run):
    found = read_ranks(run, quality(put(run, archive(samples_ns=np.arange(USERS)))))
    assert "holds no array 'ranks'" in found.missing


@settings(max_examples=200, deadline=None)
@given(place=st.integers(0, 600), value=st.integers(0, 255), cut=st.integers(0, 600))
def test_a_mutated_archive_is_ranks_or_none_but_never_a_traceback(
    tmp_path_factory, place, value, cut
):
    folder = tmp_path_factory.mktemp("run")
    (folder / "artefacts").mkdir()
    run = Run(folder=folder, info=RunInfo(study="", created="", rbench=""), records=())
    content = bytearray(archive(ranks=np.arange(USERS, dtype=np.int32)))
    content[place % len(content)] = value
    found = read_ranks(run, quality(put(run, bytes(content[: max(1, cut)]))))
    assert (found.values is None) == found.broken == bool(found.missing)
    if found.values is not None:
        assert found.values.shape == (USERS,)
        assert found.values.min() >= 0


def test_hashes(tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(b"rbench" * 1_000_000)
    wanted = hashlib.sha256(path.read_bytes()).hexdigest()
    assert sha256_of(path) == wanted
    assert changed(path, wanted) == ""
    path.write_bytes(b"other")
    assert "is not the file that was recorded" in changed(path, wanted)
