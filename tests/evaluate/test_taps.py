"""What a tap says beside the whole context, on a file whose both signatures are known sums."""

import numpy as np
import pytest

from rbench.errors import ModelError
from rbench.evaluate import EvaluateSettings
from rbench.evaluate.file_scorer import FileScorer
from rbench.evaluate.tap_scorer import TapScorer
from rbench.evaluate.taps import measure_taps
from rbench.metrics.found import gains
from rbench.testing.flat import recommender, tapped

ITEMS, WIDTH, LENGTH = 25, 5, 4


@pytest.fixture
def world(make_dataset, tmp_path):
    """A file that forgets beyond four items where its tap does not, and users of both kinds."""
    generator = np.random.default_rng(4)
    lookup = generator.normal(size=(ITEMS + 1, WIDTH)).astype(np.float32)
    lookup[0] = 0
    content = recommender(lookup, LENGTH, 10, scheme="float32", scoring=lookup[1:])
    path = tmp_path / "model.tflite"
    path.write_bytes(tapped(content, lookup, 10, lookup[1:]))
    histories = [generator.integers(0, ITEMS + 1, generator.integers(0, 9)) for _ in range(40)]
    targets = generator.integers(1, ITEMS + 1, 40)
    return path, lookup, make_dataset([[1]], targets, ITEMS, histories)


def test_both_agree_while_they_know_the_same(world):
    path, _, dataset = world
    scorer, told = FileScorer(path, ITEMS), []
    assert scorer.taps
    found = measure_taps(scorer, path, dataset, EvaluateSettings(), told.append)
    assert found.contexts == 40
    assert found.max_score_difference < 1e-5
    assert found.top10_overlap == 1.0
    assert 0.5 < found.score_spread < 20
    assert told[-1].done == told[-1].total


def test_beyond_the_tap_remembers_what_the_context_forgets(world):
    path, lookup, dataset = world
    test = dataset.test
    known = [test.histories[user] for user in range(40)]
    known = [history[history > 0] for history in known]
    longer = [user for user in range(40) if len(known[user]) > LENGTH]
    found = measure_taps(FileScorer(path, ITEMS), path, dataset, EvaluateSettings(), lambda _: None)
    assert found.longer == len(longer) > 5
    ranks = {"recommend": [], "tap": []}
    for user in longer:
        for way, items in (("recommend", known[user][-LENGTH:]), ("tap", known[user])):
            scores = lookup[items].sum(axis=0) @ lookup[1:].T
            left = [n for n in range(1, ITEMS + 1) if n not in known[user]]
            order = sorted(left, key=lambda item: -scores[item - 1])
            target = int(test.targets[user])
            ranks[way].append(order.index(target) + 1 if target in order else 0)
    means = {way: gains("ndcg@10", np.array(one)).mean() for way, one in ranks.items()}
    assert {way: found.ndcg[way] for way in means} == pytest.approx(means)
    assert means["recommend"] != pytest.approx(means["tap"])
    assert found.ndcg["low"] <= means["tap"] - means["recommend"] <= found.ndcg["high"]


def test_at_most_so_many_users_are_asked(world):
    path, _, dataset = world
    settings = EvaluateSettings(tap_users=3)
    found = measure_taps(FileScorer(path, ITEMS), path, dataset, settings, lambda _: None)
    assert (found.contexts, found.longer) == (3, 3)


def test_a_file_without_a_tap(world, tmp_path):
    _, lookup, _ = world
    path = tmp_path / "plain.tflite"
    path.write_bytes(recommender(lookup, LENGTH, 10, scheme="float32", scoring=lookup[1:]))
    assert not FileScorer(path, ITEMS).taps
    with pytest.raises(ModelError, match="no signature 'tap'"):
        TapScorer(path)
