"""What a training leaves on disk comes back as it was; what is damaged costs no sweep."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rbench.errors import StageError
from rbench.train import WEIGHTS, checkpoint
from rbench.train.checkpoint import Standing
from rbench.train.weights import load_weights, save_weights

STANDING = Standing(
    history=[{"loss": 2.5, "ndcg@10": 0.1, "seconds": 1.0}, {"loss": 2.25}],
    best_epoch=1,
    best={"ndcg@10": 0.1, "recall@10": 0.2},
)


def groups():
    random = np.random.default_rng(1)
    return {
        "weights": {"item_table/0": random.normal(size=(3, 2)).astype(np.float32)},
        "best": {"item_table/0": random.normal(size=(3, 2)).astype(np.float32)},
        "optimizer": {"0": np.int64(7) * np.ones((), np.int64), "1": random.normal(size=4)},
    }


def test_a_checkpoint_comes_back_bit_by_bit(tmp_path) -> None:
    checkpoint.save(tmp_path, STANDING, groups())
    found = checkpoint.load(tmp_path, like=groups())
    assert found is not None
    standing, stored = found
    assert standing == STANDING
    assert standing.epoch == 2
    for name, arrays in groups().items():
        assert set(stored[name]) == set(arrays)
        for key, array in arrays.items():
            assert stored[name][key].dtype == array.dtype
            assert np.array_equal(stored[name][key], array)


def test_a_later_checkpoint_replaces_the_earlier_one_and_leaves_nothing_else(tmp_path) -> None:
    checkpoint.save(tmp_path, Standing(), groups())
    checkpoint.save(tmp_path, STANDING, groups())
    found = checkpoint.load(tmp_path, like=groups())
    assert found is not None
    assert found[0] == STANDING
    assert [path.name for path in tmp_path.iterdir()] == [checkpoint.FILE]


def test_no_checkpoint_is_none(tmp_path) -> None:
    assert checkpoint.load(tmp_path, like=groups()) is None
    assert checkpoint.load(tmp_path / "nowhere", like=groups()) is None


def test_a_torn_or_foreign_file_is_closed(tmp_path, recwarn) -> None:
    path = tmp_path / checkpoint.FILE
    for content in (b"PK\x03\x04 and then the power went", b"", b"text"):
        path.write_bytes(content)
        assert checkpoint.load(tmp_path, like=groups()) is None
    with path.open("wb") as file:
        np.save(file, np.arange(3))
    assert checkpoint.load(tmp_path, like=groups()) is None
    gc.collect()
    assert [str(one.message) for one in recwarn if one.category is ResourceWarning] == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=st.floats(0, 1, exclude_max=True))
def test_a_torn_checkpoint_counts_as_none(tmp_path, where) -> None:
    checkpoint.save(tmp_path, STANDING, groups())
    path = tmp_path / checkpoint.FILE
    content = path.read_bytes()
    path.write_bytes(content[: int(where * len(content))])
    assert checkpoint.load(tmp_path, like=groups()) is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(where=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_a_flipped_byte_never_crashes_nor_passes_as_other_numbers(tmp_path, where, flip) -> None:
    checkpoint.save(tmp_path, STANDING, groups())
    path = tmp_path / checkpoint.FILE
    content = bytearray(path.read_bytes())
    content[int(where * len(content))] ^= flip
    path.write_bytes(content)
    found = checkpoint.load(tmp_path, like=groups())
    if found is not None:  # a byte that carries no meaning, e.g. a time stamp
        assert found[0] == STANDING
        weights = found[1]["weights"]["item_table/0"]
        assert np.array_equal(weights, groups()["weights"]["item_table/0"])


@pytest.mark.parametrize("content", [b"", b"PK", b"not an archive", b"\x93NUMPY\x01\x00"])
def test_a_foreign_file_counts_as_none(tmp_path, content) -> None:
    (tmp_path / checkpoint.FILE).write_bytes(content)
    assert checkpoint.load(tmp_path, like=groups()) is None


def test_a_checkpoint_of_another_model_counts_as_none(tmp_path) -> None:
    checkpoint.save(tmp_path, STANDING, groups())
    wider = groups()
    wider["weights"]["item_table/0"] = np.zeros((3, 5), np.float32)
    more = groups()
    more["weights"]["lstm/0"] = np.zeros(1, np.float32)
    assert checkpoint.load(tmp_path, like=wider) is None
    assert checkpoint.load(tmp_path, like=more) is None
    assert checkpoint.load(tmp_path, like={}) is None


def test_an_archive_without_a_standing_counts_as_none(tmp_path) -> None:
    np.savez(tmp_path / checkpoint.FILE, **{"weights:item_table/0": np.zeros((3, 2))})
    assert checkpoint.load(tmp_path, like=groups()) is None
    np.savez(tmp_path / checkpoint.FILE, standing=np.frombuffer(b'{"history": 3}', np.uint8))
    assert checkpoint.load(tmp_path, like={}) is None


def test_pickled_objects_are_not_loaded(tmp_path) -> None:
    np.savez(tmp_path / checkpoint.FILE, standing=np.array([{"a": 1}], dtype=object))
    assert checkpoint.load(tmp_path, like={}) is None


def test_weights_come_back_bit_by_bit(tmp_path) -> None:
    weights = {
        "item_table/0": np.array([[1.5, -0.0], [np.float32(1e-40), 3]], np.float32),
        "block_0/1": np.zeros(0, np.float32),
    }
    save_weights(tmp_path, weights)
    found = load_weights(tmp_path)
    assert list(found) == list(weights)
    for name, value in weights.items():
        assert found[name].dtype == np.float32
        assert found[name].tobytes() == value.tobytes()


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 torn"])
def test_weights_that_cannot_be_read_say_where_and_what_to_do(tmp_path, content) -> None:
    if content is not None:
        (tmp_path / WEIGHTS).write_bytes(content)
    with pytest.raises(StageError) as caught:
        load_weights(tmp_path)
    assert WEIGHTS in caught.value.where
    assert "delete" in caught.value.remedy
