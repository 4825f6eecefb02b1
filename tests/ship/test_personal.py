"""Clients and models that learn: each session its own user, kept as numbers, and forgotten."""

import json

import numpy as np
import pytest

from rbench.ship import documents as doc
from rbench.ship import ship
from rbench.ship.clients import client
from rbench.testing.answering import answering_run

HISTORY = [3, 9, 4]
STATES = ["variable", "tensor"]


@pytest.fixture(scope="module", params=STATES)
def learning(request, tmp_path_factory):
    """A bundle whose model learns."""
    folder = tmp_path_factory.mktemp("personal")
    run = answering_run(folder / "run", recipes=("dynamic_wi8",), personal=request.param)
    return ship(run, folder / "bundle").to


def test_the_contract_says_how(learning):
    known = json.loads((learning / doc.CONTRACT).read_bytes())["personal"]
    variable = known["state"] == "variable"
    assert known == {
        "state": known["state"],
        "numbers": 8,
        "user": "user",
        "next": "next",
        "fed": ["items", "scores", "query"],
        "update": "update",
        "restore": "restore" if variable else "",
        "reset": "reset" if variable else "",
    }
    assert client.selftest(learning) == []


def test_a_session_learns_and_another_knows_nothing_of_it(learning):
    recommender = client.Recommender(learning)
    one, other = client.Session(), client.Session()
    before = recommender.recommend(HISTORY, 5)
    assert recommender.recommend(HISTORY, 5, session=one) == before
    taken = recommender.recommend(HISTORY, 20).items[15]
    for _ in range(4):
        recommender.learn(one, HISTORY, taken)
    assert recommender.recommend(HISTORY, 20, session=one).items.index(taken) < 10
    assert recommender.recommend(HISTORY, 5, session=other) == before
    assert recommender.recommend(HISTORY, 5) == before
    assert other.user == []
    assert len(one.user) == 8


def test_what_is_kept_comes_back_bit_by_bit(learning):
    recommender, session = client.Recommender(learning), client.Session()
    recommender.learn(session, HISTORY, 20)
    kept = client.Session(**json.loads(json.dumps(vars(session))))
    again = client.Recommender(learning)
    assert again.recommend(HISTORY, session=kept) == recommender.recommend(HISTORY, session=session)
    again.learn(kept, HISTORY, 21)
    recommender.learn(session, HISTORY, 21)
    assert kept.user == session.user


def test_forgetting_leaves_nothing(learning):
    recommender, session = client.Recommender(learning), client.Session(seen=[3])
    before = recommender.recommend(HISTORY)
    recommender.learn(session, HISTORY, 20)
    recommender.recommend(HISTORY, session=session)
    recommender.forget(session)
    assert vars(session) == vars(client.Session())
    assert recommender.recommend(HISTORY, session=session) == before
    keys = recommender._interpreter.get_signature_list()
    if "save" in keys:
        held = recommender._interpreter.get_signature_runner("save")()["user"]
        assert not held.any()


@pytest.mark.parametrize(
    ("session", "history", "item", "said"),
    [
        ({}, [3], 0, "no index of an item: 0"),
        ({}, [0], 3, "no index of an item: 0"),
        ({"user": [0.0] * 9}, [3], 4, "a user of 9 numbers; this model's has 8"),
    ],
)
def test_what_it_cannot_take_is_refused_and_nothing_is_kept(learning, session, history, item, said):
    recommender, session = client.Recommender(learning), client.Session(**session)
    before = json.dumps(vars(session))
    with pytest.raises(ValueError, match=said):
        recommender.learn(session, history, item)
    assert json.dumps(vars(session)) == before


def test_a_model_that_does_not_learn_says_so(shipped):
    recommender = client.Recommender(shipped.to)
    with pytest.raises(client.BundleError, match="does not learn"):
        recommender.learn(client.Session(), [3], 4)
    recommender.forget(client.Session())


def test_a_step_is_asked_and_timed_in_the_interpreter(learning):
    from rbench.profile import updates
    from rbench.profile.tools.litert import interpreted

    interpreter = interpreted.load(str(learning / "model.tflite"), "cpu", 1)
    assert updates.learns(interpreter)
    contexts = np.array([[0, 0, 0, 3, 9, 4], [0, 0, 0, 0, 0, 5]], "i4")
    query = updates.update_query_of(interpreter, contexts)
    assert all(query(number) > 0 for number in range(5))
