"""Clients and the signature `tap`: item by item the answers of the whole history."""

import json

import numpy as np
import pytest

from rbench.ship import documents as doc
from rbench.ship import ship
from rbench.ship.clients import client
from rbench.testing.answering import answering_run


@pytest.fixture(scope="module")
def tapping(tmp_path_factory):
    """A bundle whose model has a tap."""
    folder = tmp_path_factory.mktemp("tap")
    run = answering_run(folder / "run", recipes=("float32",), tap=True)
    return ship(run, folder / "bundle").to


def test_the_contract_names_it(tapping):
    contract = json.loads((tapping / doc.CONTRACT).read_bytes())
    assert contract["signature"] == "recommend"
    assert contract["tap"] == {
        "signature": "tap",
        "state": "state",
        "item": "item",
        "inputs": [
            {
                "name": "item",
                "dtype": "int32",
                "shape": [1, 1],
                "meaning": "index into items.json of the item that was touched",
            },
            {
                "name": "state",
                "dtype": "float32",
                "shape": [1, 8],
                "meaning": "what the taps so far left; zeros before the first",
            },
        ],
        "outputs": [
            {**one, "shape": [1, 30]} if one["name"] != "state" else one
            for one in contract["tap"]["outputs"]
        ],
    }
    assert {one["name"] for one in contract["tap"]["outputs"]} == {"state", "items", "scores"}
    assert client.selftest(tapping) == []


def test_item_by_item_it_says_what_the_whole_history_says(tapping):
    recommender, session = client.Recommender(tapping), client.Session()
    history = [3, 9, 4, 11]
    for count, item in enumerate(history, 1):
        found = recommender.tap(session, item, 5)
        whole = recommender.recommend(history[:count], 5)
        assert (found.items, found.missing) == (whole.items, whole.missing)
        assert found.scores == pytest.approx(whole.scores, abs=1e-5)
    assert session.seen == history
    kept = client.Session(**json.loads(json.dumps(vars(session))))
    assert recommender.tap(kept, 7).items == recommender.tap(session, 7).items
    assert recommender.tap(client.Session(), 3, 5).items == recommender.recommend([3], 5).items


@pytest.mark.parametrize(
    ("session", "item", "k", "said"),
    [
        ({}, 0, 10, "no index of an item: 0"),
        ({}, 3, 31, "k must be from 1 to 30, not 31"),
        ({"state": [0.0] * 9}, 3, 10, "a state of 9 numbers; this model's has 8"),
    ],
)
def test_what_it_cannot_take_is_refused_and_nothing_is_kept(tapping, session, item, k, said):
    recommender, session = client.Recommender(tapping), client.Session(**session)
    before = json.dumps(vars(session))
    with pytest.raises(ValueError, match=said):
        recommender.tap(session, item, k)
    assert json.dumps(vars(session)) == before


def test_a_model_without_one_says_so(shipped):
    with pytest.raises(client.BundleError, match="no tap"):
        client.Recommender(shipped.to).tap(client.Session(), 3)


def test_it_is_asked_and_timed_in_the_interpreter(tapping):
    from rbench.profile import loop, taps
    from rbench.profile.tools.litert import interpreted

    interpreter = interpreted.load(str(tapping / "model.tflite"), "cpu", 1)
    assert taps.has_tap(interpreter)
    query = taps.tap_query_of(interpreter, np.array([[0, 0, 0, 3, 9, 4], [0, 0, 0, 0, 0, 5]], "i4"))
    assert all(query(number) > 0 for number in range(9))
    plain = loop.query_of(interpreter, np.array([[0, 0, 0, 3, 9, 4]], "i4"))
    assert plain(0) > 0
