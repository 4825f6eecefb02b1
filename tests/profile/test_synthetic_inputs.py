"""What is drawn lies in its range, fits its type and a bound on memory, and comes back by place."""

from __future__ import annotations

import numpy as np
import pytest

from rbench.errors import ModelError
from rbench.profile import queries
from rbench.profile.queries import InputSpec
from rbench.profile.ranges import KINDS, Range, is_whole, limits
from rbench.profile.refusal import RefusedError
from rbench.profile.synthetic_inputs import MOST_BYTES, Input, drawn, queries_within, save


def entry(kind="float32", shape=(2, 3), low=0, high=1, place=0, name="x"):
    return Input(place, name, kind, shape, Range(low, high), "given")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_whole_of_a_type_can_be_drawn(kind) -> None:
    (made,) = drawn([entry(kind, (100,), *limits(kind))], 3, 1)
    assert (made.dtype, made.shape) == (np.dtype(kind), (3, 100))
    parts = (made.real, made.imag) if kind.startswith("complex") else (made,)
    for part in parts:
        assert np.isfinite(part.astype(np.float64)).all()
        assert len(np.unique(part)) > 1
        if not is_whole(kind):
            assert part.min() < 0 < part.max()


@pytest.mark.parametrize(("kind", "low", "high"), [("int8", -3, 3), ("float16", 2, 4)])
def test_values_lie_in_their_range(kind, low, high) -> None:
    (made,) = drawn([entry(kind, (50,), low, high)], 20, 1)
    assert low <= made.min() < made.max() <= high
    if is_whole(kind):
        assert set(np.unique(made)) == set(range(low, high + 1))


def test_a_scalar_and_nothing_at_all_are_drawn_too() -> None:
    made = drawn([entry(shape=()), entry(shape=(0, 4), place=1)], 5, 1)
    assert [array.shape for array in made] == [(5,), (5, 0, 4)]


def test_large_queries_are_fewer() -> None:
    photo = entry(shape=(1, 1080, 1920, 3))
    assert queries_within([photo], 256) == MOST_BYTES // photo.size_bytes == 2
    assert queries_within([entry(shape=(1, 4032, 3024, 3))] * 2, 256) == 1
    assert queries_within([entry()], 256) == 256
    assert queries_within([entry(shape=(0,))], 256) == 256
    assert queries_within([], 1) == 1
    with pytest.raises(ModelError, match=r"16,000,000,000\.0 GB, .*float32"):
        queries_within([entry(shape=(1, 2_000_000_000, 2_000_000_000))], 256)


ODD = ("file", "allow_pickle", "a/b\0c", "", "", "#1=x", "1")


def test_any_name_comes_back(tmp_path) -> None:
    inputs = [entry(shape=(n,), place=n, name=name) for n, name in enumerate(ODD)]
    save(tmp_path / "q.npz", inputs, 4, 1)
    found = queries.read(tmp_path / "q.npz")
    assert len(found) == 4
    rows = found.rows([InputSpec(name, "float32", (n,)) for n, name in enumerate(ODD)])
    assert [value.shape for value in rows[0]] == [(n,) for n in range(len(ODD))]


def test_inputs_in_another_order_are_found_by_name(tmp_path) -> None:
    inputs = [entry(shape=(2,), name="a"), entry(shape=(3,), name="b", place=1)]
    save(tmp_path / "q.npz", inputs, 2, 1)
    places = [InputSpec("b", "float32", (3,)), InputSpec("a", "float32", (2,))]
    assert [v.shape for v in queries.read(tmp_path / "q.npz").rows(places)[0]] == [(3,), (2,)]


def test_scalars_stay_scalars(tmp_path) -> None:
    save(tmp_path / "q.npz", [entry(shape=())], 3, 1)
    ((value,), *_) = queries.read(tmp_path / "q.npz").rows([InputSpec("x", "float32", ())])
    assert value.shape == ()


def test_a_file_without_inputs_is_asked_once(tmp_path) -> None:
    save(tmp_path / "q.npz", [], 1, 1)
    assert queries.read(tmp_path / "q.npz").rows([]) == [[]]


@pytest.mark.parametrize("keys", [("#0", "#2"), ("#0", "y"), ("#0",), ("#0", "#1", "#2"), ("#-1",)])
def test_places_that_are_not_all_there_are_refused(tmp_path, keys) -> None:
    np.savez(tmp_path / "q.npz", **{key: np.zeros((2, 1), np.float32) for key in keys})
    places = [InputSpec("x", "float32", (1,)), InputSpec("y", "float32", (1,))]
    with pytest.raises(RefusedError, match="the file takes float32"):
        queries.read(tmp_path / "q.npz").rows(places)
