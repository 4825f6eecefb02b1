"""What the Python client makes of times and of what is allowed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbench.features.log_columns import Category, Number
from rbench.ship.clients.client import Recommender, differs

CONTRACT = {
    "context": {"input": "context", "length": 3, "padding_id": 0},
    "inputs": [
        {"name": "ages", "dtype": "int32", "shape": [1, 3], "kind": "age_seconds"},
        {"name": "allowed", "dtype": "float32", "shape": [1, 4], "kind": "allowed"},
        {"name": "context", "dtype": "int32", "shape": [1, 3]},
    ],
    "history": {"filter": False},
    "reset_before_query": False,
}


@pytest.fixture
def client():
    made = Recommender.__new__(Recommender)
    made.contract = CONTRACT
    return made


def test_times_become_ages_of_the_newest_items(client):
    assert client.beside([7, 8], [900, 990.5], 1000) == {"ages": [0, 100, 9]}
    assert client.beside([5, 6, 7, 8], [1, 2, 3, 4], 10) == {"ages": [8, 7, 6]}
    assert client.beside([], [], 10) == {"ages": [0, 0, 0]}
    assert client.beside([1], [20], 10) == {"ages": [0, 0, 0]}, "from the future: now"


@pytest.mark.parametrize(("times", "says"), [(None, "say when"), ([1, 2], "2 times for 1 items")])
def test_a_model_that_takes_ages_is_not_asked_without(client, times, says):
    with pytest.raises(ValueError, match=says):
        client.beside([1], times, 10)


COLUMNS = {
    "rating": Number(label="rating", low=0.5, high=5.0, bins=10),
    "dwell": Number(label="dwell", low=-3.0, high=600.0, bins=0),
    "event": Category(label="event", words=("view", "buy")),
}


@given(st.data())
def test_columns_become_what_training_made_of_them(data):
    client = Recommender.__new__(Recommender)
    inputs = [{"name": name, "dtype": one.dtype, **one.facts()} for name, one in COLUMNS.items()]
    client.contract = {**CONTRACT, "inputs": inputs}
    count = data.draw(st.integers(0, 5))
    numbers = st.floats(-1e6, 1e6, width=32) | st.floats(0, 5) | st.integers(-1, 700)
    drawn = {
        "rating": numbers,
        "dwell": numbers,
        "event": st.sampled_from(["view", "buy", "", "x"]),
    }
    columns = {
        name: data.draw(st.lists(one, min_size=count, max_size=count))
        for name, one in drawn.items()
    }
    found = client.beside([1] * count, None, columns=columns)
    for name, feature in COLUMNS.items():
        wanted = feature.values(np.array(columns[name]), None)[-3:]
        row = np.array(found[name], feature.dtype)
        assert row[3 - len(wanted) :].tolist() == wanted.tolist()
        assert not row[: 3 - len(wanted)].any()


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({}, "takes rating: say it of each item"),
        ({"rating": [1, 2]}, "2 rating for 1 items"),
        ({"rating": [float("nan")]}, "no finite number: nan"),
        ({"rating": ["much"]}, "no finite number: 'much'"),
        ({"rating": [1], "price": [2]}, "takes no price"),
    ],
)
def test_columns_that_do_not_fit(client, columns, says):
    inputs = [{"name": "rating", "dtype": "int32", **COLUMNS["rating"].facts()}]
    client.contract = {**CONTRACT, "inputs": inputs}
    with pytest.raises(ValueError, match=says):
        client.beside([1], None, columns=columns)


def test_numbers_of_numpy_are_numbers(client):
    inputs = [{"name": "dwell", "dtype": "float32", **COLUMNS["dwell"].facts()}]
    client.contract = {**CONTRACT, "inputs": inputs}
    for kind in (np.float32, np.float64, np.int64):
        (made,) = client.beside([1], None, columns={"dwell": [kind(2)]})["dwell"][2:]
        assert made == client.beside([1], None, columns={"dwell": [2]})["dwell"][2]
        assert type(made) is float
    with pytest.raises(ValueError, match="no finite number: '2'"):
        client.beside([1], None, columns={"dwell": ["2"]})


def test_a_column_may_be_called_times(client):
    inputs = [{"name": "times", "dtype": "int32", "kind": "step"}]
    client.contract, client.index, asked = {**CONTRACT, "inputs": inputs}, {"a": 1}, {}
    client.recommend = lambda known, k, **more: asked.update(more) or Unknown()
    client.recommend_ids(["a", "b"], columns={"times": [4, 5]})
    assert (asked["times"], asked["columns"]) == (None, {"times": [4]})
    client.recommend_ids(["b", "a"], times=[7, 8], columns={"times": [4, 5]})
    assert (asked["times"], asked["columns"]) == ([8], {"times": [5]})


class Unknown:
    def __init__(self):
        self.unknown = []


def test_a_strangers_feature_is_fed_as_it_is(client):
    client.contract = {**CONTRACT, "inputs": [{"name": "mood", "dtype": "int32", "kind": "mood"}]}
    assert client.beside([1, 2], None, columns={"mood": [4, 2]}) == {"mood": [0, 4, 2]}


def test_what_is_allowed_becomes_a_mask(client):
    assert client._mask(4, [1, 4]).tolist() == [[1, 0, 0, 1]]
    assert client._mask(4, None).tolist() == [[1, 1, 1, 1]]
    assert client._mask(4, []).tolist() == [[0, 0, 0, 0]]
    with pytest.raises(ValueError, match="allowed: 1 to 4"):
        client._mask(4, [0])


def test_a_model_that_cannot_be_told_says_so(client):
    client.contract = {**CONTRACT, "inputs": CONTRACT["inputs"][2:]}
    with pytest.raises(ValueError, match="filter its answer"):
        client.raw([0, 0, 1], {}, [1])


def test_item_0_is_none(client):
    assert client._left([3, 0, 0], [0.5, -1e38, -1e38], [], 3) == ([3], [0.5])
    assert differs([3, 0, 0], [1, -9, -9], [3, 0, 0], [1, -9, -9], 0.1) == ""
    assert "twice" in differs([3, 2, 0], [1, 0, -9], [3, 3, 0], [1, 1, -9], 0.1)
