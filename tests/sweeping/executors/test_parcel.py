"""Artefacts between two stores: what arrives is what was sent, or nothing."""

import pytest

from rbench.errors import StageError
from rbench.sweeping.executors.parcel import digest_in, digest_of, packed, unpack
from rbench.sweeping.store import RESULT, Store

FILES = {RESULT: b"{}", "weights/a.npz": bytes(range(256)), "empty": b""}


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def test_what_was_sent_arrives(store, tmp_path):
    unpack(store, "train", "ab1", FILES, digest_of(FILES))
    assert store.has("train", "ab1")
    assert packed(store, "train", "ab1") == FILES
    other = Store(tmp_path / "other")
    unpack(other, "train", "ab1", packed(store, "train", "ab1"), digest_in(store, "train", "ab1"))
    assert digest_in(other, "train", "ab1") == digest_of(FILES)


def test_what_is_not_there_has_no_digest(store):
    assert digest_in(store, "train", "ab1") == ""


@pytest.mark.parametrize(
    "files",
    [
        {**FILES, "empty": b"no"},
        {**FILES, "more": b""},
        {name: content for name, content in FILES.items() if name != "empty"},
        {**{name: FILES[name] for name in (RESULT, "empty")}, "weights/b.npz": bytes(range(256))},
    ],
)
def test_what_was_changed_on_the_way_is_not_taken(store, files):
    with pytest.raises(StageError, match="not what was sent"):
        unpack(store, "train", "ab1", files, digest_of(FILES))
    assert not store.has("train", "ab1")


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x"])
def test_nothing_is_put_outside(store, name):
    files = {RESULT: b"{}", name: b"x"}
    with pytest.raises(StageError):
        unpack(store, "train", "ab1", files, digest_of(files))


def test_half_an_artefact_is_none(store):
    files = {"weights": b"x"}
    with pytest.raises(StageError):
        unpack(store, "train", "ab1", files, digest_of(files))


def test_another_of_the_same_key_gives_way(store):
    """Two machines trained the same: the one that the driver has is the one that counts."""
    unpack(store, "train", "ab1", FILES, digest_of(FILES))
    assert digest_in(store, "train", "ab1") == digest_of(FILES)
    other = {RESULT: b'{"a": 1}', "weights/b.npz": b"b"}
    unpack(store, "train", "ab1", other, digest_of(other))
    assert packed(store, "train", "ab1") == other
    assert digest_in(store, "train", "ab1") == digest_of(other)
    folder = store.folder("train", "ab1").parent
    assert not [path.name for path in folder.iterdir() if path.is_dir() and path.name != "ab1"]
