"""A file that learns its user: known sums, a state that comes back bit by bit, one item table."""

import numpy as np
import pytest

pytest.importorskip("ai_edge_litert", reason="running a .tflite needs rbench[profile]")

from rbench.convert import PersonalSettings, led_by
from rbench.convert.flatbuffer import pack, parse
from rbench.convert.inventory import take_inventory
from rbench.convert.personal import add_personal
from rbench.convert.sharing import share_item_table, table_of
from rbench.testing.flat import FlatGraph, recommender, tapped
from rbench.tflite import read

ITEMS, WIDTH, LENGTH, K = 40, 8, 4, 5
RATE, DECAY = 0.5, 0.25
SCHEMES = ["float32", "dynamic", "static"]
STATES = ["variable", "tensor"]
VARIABLES = ["recommend", "reset", "restore", "save", "update"]


def table(seed=3):
    return np.random.default_rng(seed).normal(size=(ITEMS, WIDTH)).astype(np.float32)


def plain(scheme="float32"):
    model = parse(recommender(table(), LENGTH, K, scheme=scheme))
    assert share_item_table(model).buffers == 1
    return model


def personal(scheme="float32", state="variable", model=None):
    model = model or plain(scheme)
    said = add_personal(model, PersonalSettings(rate=RATE, decay=DECAY, state=state))
    return pack(model), said


class Asked:
    """A file as an app asks it; the state is handed in where it is a tensor."""

    def __init__(self, content):
        from ai_edge_litert.interpreter import Interpreter

        self.runtime = Interpreter(model_content=content)
        self.runtime.allocate_tensors()
        self.keys = sorted(self.runtime.get_signature_list())
        self.user = None
        if "user" in self.runtime.get_signature_runner("recommend").get_input_details():
            self.user = np.zeros((1, WIDTH), np.float32)

    def __call__(self, key, **inputs):
        runner = self.runtime.get_signature_runner(key)
        if self.user is not None:
            inputs |= {"user": self.user}
        given = {name: np.asarray(value) for name, value in inputs.items()}
        found = {name: value.copy() for name, value in runner(**given).items()}
        if self.user is not None and key == "update":
            self.user = found["user"]
        return found

    def recommend(self, context=(0, 3, 7, 9), **more):
        return self("recommend", context=np.array([context], np.int32), **more)

    def update(self, answer, taken):
        given = {name: answer[name] for name in ("items", "scores", "query")}
        return self("update", **given, next=np.array([[taken]], np.int32))["user"]


def stored(scheme):
    """The item table as floats, as the file holds it."""
    if scheme == "float32":
        return table()
    model = plain(scheme)
    lookup = next(t for t in model.subgraphs[0].tensors if list(t.shape) == [ITEMS, WIDTH])
    numbers = model.buffers[lookup.buffer].data.view(np.int8).reshape(ITEMS, WIDTH)
    return numbers.astype(np.float32) * lookup.quantization.scale[0]


def moved(user, answer, taken, rows):
    """What one step comes to, by the book."""
    items, scores = answer["items"][0], answer["scores"][0].astype(np.float64)
    row = rows[taken - 1]
    if taken not in items:
        items, scores = np.append(items, taken), np.append(scores, answer["query"][0] @ row)
    shares = np.exp(scores - scores.max())
    shares /= shares.sum()
    return (1 - DECAY) * user - RATE * (shares @ rows[items - 1] - row)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("state", STATES)
def test_a_new_user_gets_what_everybody_gets(scheme, state):
    before, after = Asked(pack(plain(scheme))), Asked(personal(scheme, state)[0])
    for context in np.random.default_rng(1).integers(0, ITEMS, (30, LENGTH)):
        wanted, found = before.recommend(context), after.recommend(context)
        assert all(np.array_equal(found[name], wanted[name]) for name in wanted)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("state", STATES)
def test_a_tap_moves_the_state_along_the_gradient(scheme, state):
    asked, rows, user = Asked(personal(scheme, state)[0]), stored(scheme), np.zeros(WIDTH)
    among = set()
    for taken in (3, 17, 28, 9, 31):
        answer = asked.recommend()
        user = moved(user, answer, taken, rows)
        assert asked.update(answer, taken)[0] == pytest.approx(user, abs=1e-4)
        among.add(taken in answer["items"])
    answer = asked.recommend()
    taken = int(answer["items"][0, 1])
    user = moved(user, answer, taken, rows)
    assert asked.update(answer, taken)[0] == pytest.approx(user, abs=1e-4)
    assert False in among


@pytest.mark.parametrize("state", STATES)
def test_what_was_taken_comes_up(state):
    asked, row = Asked(personal(state=state)[0]), table()[16]
    scores = []
    for _ in range(5):
        answer = asked.recommend()
        scores.append(float(answer["query"][0] @ row))
        asked.update(answer, 17)
    assert scores == sorted(scores)
    assert scores[-1] > scores[0] + 1


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_state_comes_back_bit_by_bit(scheme):
    content, _ = personal(scheme)
    asked, other = Asked(content), Asked(content)
    assert asked.keys == VARIABLES
    assert not other("save")["user"].any()
    before = asked.recommend()
    after = asked.update(before, 17)
    kept = asked("save")["user"]
    assert np.array_equal(kept, after)
    assert kept.any()
    assert np.array_equal(other("restore", user=kept)["user"], kept)
    assert np.array_equal(other("save")["user"], kept)
    wanted, found = asked.recommend(), other.recommend()
    assert all(np.array_equal(found[name], wanted[name]) for name in wanted)
    assert not asked("reset")["user"].any()
    assert not asked("save")["user"].any()
    found = asked.recommend()
    assert all(np.array_equal(found[name], before[name]) for name in before)


@pytest.mark.parametrize("state", STATES)
def test_an_unknown_item_teaches_nothing(state):
    asked = Asked(personal(state=state)[0])
    user = asked.update(asked.recommend(), 17)
    assert asked.update(asked.recommend(), 0) == pytest.approx((1 - DECAY) * user)
    with pytest.raises(RuntimeError):
        asked.update(asked.recommend(), ITEMS + 1)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("state", STATES)
def test_there_is_one_item_table(scheme, state):
    before = pack(plain(scheme))
    content, said = personal(scheme, state)
    assert said == {"numbers": WIDTH, "state": state, "rate": RATE, "decay": DECAY}
    assert table_of(read(content)).facts() == {"shared": True, "buffers": 1}
    found = take_inventory(content)
    assert found.stored_twice["buffers"] == 0
    assert not found.uncounted
    assert len(content) - len(before) < 8192
    keys = VARIABLES if state == "variable" else ["recommend", "update"]
    assert sorted(found.signatures) == keys


@pytest.mark.parametrize("state", STATES)
def test_a_tap_is_for_the_same_user(state):
    rows = table()
    content = tapped(recommender(rows, LENGTH, K, scheme="float32"), rows, K)
    asked = Asked(personal(model=parse(content), state=state)[0])

    def tap():
        """Item after item, to the context's end."""
        at = np.zeros((1, WIDTH), np.float32)
        for item in (0, 3, 7, 9):
            found = asked("tap", state=at, item=np.array([[item]], np.int32))
            at = found["state"]
        return found

    for _ in range(2):
        whole, stepped = asked.recommend(), tap()
        for name in ("items", "scores", "query"):
            assert stepped[name] == pytest.approx(whole[name], abs=1e-4)
        asked.update(whole, 17)


def test_another_signature_may_come_first():
    content, _ = personal()
    asked, user = Asked(led_by(content, "update")), np.zeros(WIDTH)
    answer = asked.recommend()
    assert asked.update(answer, 17)[0] == pytest.approx(moved(user, answer, 17, table()), abs=1e-4)


def test_a_file_that_does_not_rank_stays_and_says_why():
    graph = FlatGraph()
    context, flat = graph.tensor((1, 4), "INT32"), graph.tensor((4,), "INT32")
    shape = graph.tensor((1,), "INT32", np.array([4], np.int32))
    graph.op("RESHAPE", (context, shape), (flat,), "ReshapeOptions", 1)
    content = graph.finish("recommend", {"context": context}, {"items": flat})
    after, said = personal(model=parse(content))
    assert "no query to add to: 0 TOPK_V2" in said["reason"]
    assert after == pack(parse(content))
