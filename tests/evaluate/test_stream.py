"""A stream of taps: known sums, users kept apart from those who choose for them."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("ai_edge_litert", reason="running a .tflite needs rbench[profile]")

from rbench import data
from rbench.convert import PersonalSettings
from rbench.convert.flatbuffer import pack, parse
from rbench.convert.personal import add_personal
from rbench.data.settings import DataSettings, SyntheticSettings
from rbench.errors import ModelError
from rbench.evaluate import EvaluateSettings
from rbench.evaluate.file_scorer import FileScorer
from rbench.evaluate.learning_file import LearningFile
from rbench.evaluate.stream import compared, crossed, measure_stream, streams
from rbench.metrics.found import gains
from rbench.testing.flat import recommender

ITEMS, WIDTH, LENGTH, K = 30, 6, 4, 10
STATES = ["variable", "tensor"]


@pytest.fixture(scope="module")
def dataset():
    """The bag of words looks up row `item` of its table: so there is one item more."""
    log = SyntheticSettings(users=24, items=ITEMS, interactions_per_user=12)
    found = data.load(DataSettings(synthetic=log, held_out=5, new_users=0.3))
    return replace(found, vocabulary=(*found.vocabulary, "never met"))


@pytest.fixture(scope="module")
def rows(dataset):
    return np.random.default_rng(2).normal(size=(dataset.items, WIDTH)).astype(np.float32)


def write(path, rows, **settings):
    """A bag of words that learns."""
    model = parse(recommender(rows, LENGTH, K, scheme="float32"))
    assert "numbers" in add_personal(model, PersonalSettings(**settings))
    path.write_bytes(pack(model))
    return path


def by_hand(rows, dataset, stream, rate, decay):
    """NDCG@10 of each tap, the state moved in numpy."""
    user, found, table = np.zeros(WIDTH), [], rows.astype(np.float64)
    for place in range(stream.first, len(stream.items)):
        known = stream.items[:place]
        known = known[known > 0][-LENGTH:]
        context = np.concatenate([np.zeros(LENGTH - len(known), int), known])
        query = table[context].sum(axis=0) + user
        scores = table @ query
        taken = int(stream.items[place])
        left = scores.copy()
        left[[item - 1 for item in stream.items[:place] if item > 0]] = -np.inf
        order = np.argsort(-left, kind="stable") + 1
        can = taken > 0 and np.isfinite(left[taken - 1])
        found.append(list(order).index(taken) + 1 if can else 0)
        if not taken:
            continue
        shown = list(np.argsort(-scores, kind="stable")[:K] + 1)
        shown += [taken] if taken not in shown else []
        places = np.array(shown) - 1
        shares = np.exp(scores[places] - scores[places].max())
        shares /= shares.sum()
        user = (1 - decay) * user - rate * (shares @ table[places] - table[taken - 1])
    return float(gains("ndcg@10", np.array(found)).mean())


def test_taps_are_what_neither_training_nor_validation_saw(dataset):
    found = streams(dataset, 100, 50)
    assert len(found) == 24
    by_user = dict(zip(dataset.test.users.tolist(), found, strict=True))
    for user, stream in by_user.items():
        assert len(stream.items) == 12
        assert stream.new == (len(dataset.train[user]) == 0)
        assert stream.first == (1 if stream.new else 8)  # seven train, one validates
    assert 0 < sum(stream.new for stream in found) < 24
    assert [len(one.items) - one.first for one in streams(dataset, 3, 2)] == [2, 2, 2]


@pytest.mark.parametrize("state", STATES)
def test_both_ways_by_hand(state, dataset, rows, tmp_path):
    path = write(tmp_path / "m.tflite", rows, rate=0.2, decay=0.2, state=state)
    settings = EvaluateSettings(
        stream_rates=(0.1, 0.4), stream_decays=(0.1,), bootstrap=200, filter_history=True
    )
    told = []
    found = measure_stream(path, LENGTH, dataset, settings, told.append)
    every = streams(dataset, 100, 50)
    wanted = {
        pair: np.array([by_hand(rows, dataset, one, *pair) for one in every])
        for pair in ((0.0, 0.0), (0.2, 0.2), (0.1, 0.1), (0.4, 0.1))
    }
    assert found.stored.users == 24
    assert found.stored.frozen == pytest.approx(wanted[0.0, 0.0].mean())
    assert found.stored.learning == pytest.approx(wanted[0.2, 0.2].mean())
    learnt, chosen = crossed(np.stack([wanted[0.1, 0.1], wanted[0.4, 0.1]]))
    assert found.rates == tuple({"rate": (0.1, 0.4)[one], "decay": 0.1} for one in chosen)
    new = np.array([one.new for one in every])
    for gain, who in ((found.known, ~new), (found.new, new)):
        assert gain.users == who.sum()
        assert gain.frozen == pytest.approx(wanted[0.0, 0.0][who].mean())
        assert gain.learning == pytest.approx(learnt[who].mean())
        assert gain.low <= gain.learning - gain.frozen <= gain.high
    assert told[-1].done == told[-1].total


def test_nobody_is_judged_by_what_they_chose():
    first, second = np.array([1.0, 0.0, 1.0, 0.0]), np.array([0.0, 1.0, 0.0, 1.0])
    learnt, chosen = crossed(np.stack([first, second]))
    assert chosen == (1, 0)  # the odd ones choose the second, which does the even ones no good
    assert not learnt.any()


def test_the_interval_is_of_pairs():
    frozen = np.random.default_rng(1).random(50)
    found = compared(frozen, frozen + 0.25, np.full(50, 3), EvaluateSettings(bootstrap=100))
    assert (found.users, found.taps) == (50, 150)
    assert (found.low, found.high) == pytest.approx((0.25, 0.25))


@pytest.mark.parametrize("state", STATES)
def test_a_stream_starts_with_nobody(state, rows, dataset, tmp_path):
    path = write(tmp_path / "m.tflite", rows, state=state)
    file, context = LearningFile(path), np.array([0, 1, 2, 3], np.int32)
    assert FileScorer(path, dataset.items).learns
    first = file.scores(context)
    assert np.array_equal(first, FileScorer(path, dataset.items)(context[None])[0])
    file.learn(5)
    assert not np.array_equal(file.scores(context), first)
    file.forget()
    assert np.array_equal(file.scores(context), first)


def test_a_file_that_does_not_learn_has_no_rates(rows, tmp_path):
    path = tmp_path / "m.tflite"
    path.write_bytes(recommender(rows, LENGTH, K, scheme="float32"))
    with pytest.raises(ModelError, match="no signature 'update' as rbench draws it"):
        LearningFile(path, (1.0, 0.1))


def test_a_log_without_taps_has_no_stream(rows, make_dataset, tmp_path):
    path = write(tmp_path / "m.tflite", rows)
    empty = make_dataset([[1, 2, 3]], [], 3, [])
    assert measure_stream(path, LENGTH, empty, EvaluateSettings(), lambda _: None) is None
