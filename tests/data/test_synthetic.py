"""The synthetic log keeps its rule, and the best possible scores are what they claim to be."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from rbench.data import DataSettings, SyntheticSettings, fingerprint, load
from rbench.data.synthetic import make, rule
from rbench.errors import DataError


def of(split: str = "leave_one_out", **settings: float) -> DataSettings:
    synthetic = SyntheticSettings(**settings)  # type: ignore[arg-type]
    return DataSettings(synthetic=synthetic, split=split)  # type: ignore[arg-type]


def histories(settings: SyntheticSettings) -> np.ndarray:
    log = make(settings)
    number = np.array([int(name.removeprefix("item-")) - 1 for name in log.item_names])
    return number[log.items].reshape(settings.users, -1)


def test_the_default_is_pinned() -> None:
    dataset = load(DataSettings())
    assert dataset.summary.checksum == (
        "1e3a8df07046558fc93bbe6d59ae6ed1b220f9e346aba9e5ba934e5c9949deae"
    )
    assert dataset.summary.ideal["recall@10"] == pytest.approx(0.75 + 0.25 * 10 / 481)
    assert dataset.summary.catalogue == 500
    assert len(dataset.test.users) == 2000


def test_fingerprints_are_of_the_settings() -> None:
    assert fingerprint(of()) == fingerprint(DataSettings())
    assert fingerprint(of(seed=2)) != fingerprint(of(seed=1))
    assert fingerprint(of(predictability=0.5)) != fingerprint(of())


@pytest.mark.parametrize("predictability", [0.0, 0.5, 1.0])
def test_nobody_meets_an_item_twice(predictability: float) -> None:
    made = histories(
        SyntheticSettings(
            users=50, items=30, interactions_per_user=29, predictability=predictability
        )
    )
    assert all(len(set(row)) == 29 for row in made.tolist())
    assert made.min() == 0
    assert made.max() == 29


def test_fully_predictable_follows_the_rule_by_hand() -> None:
    settings = SyntheticSettings(users=40, items=25, interactions_per_user=20, predictability=1)
    hidden = rule(settings)
    for ring in hidden.after:  # one ring through all items
        item, seen = 0, []
        for _ in range(25):
            seen.append(item)
            item = int(ring[item])
        assert item == 0
        assert sorted(seen) == list(range(25))
    for row in histories(settings).tolist():
        for step in range(1, 20):
            ring = hidden.after[hidden.ring[row[step - 2]] if step > 1 else 0]
            expected = int(ring[row[step - 1]])
            while expected in row[:step]:
                expected = int(ring[expected])
            assert row[step] == expected


def test_noise_is_uniform_over_what_was_not_met() -> None:
    made = histories(
        SyntheticSettings(users=6000, items=6, interactions_per_user=5, predictability=0)
    )
    last = Counter(tuple(row) for row in made[:, :3].tolist())
    assert len(last) == 6 * 5 * 4
    expected = 6000 / 120
    chi2 = sum((count - expected) ** 2 / expected for count in last.values())
    assert chi2 < 119 + 5 * (2 * 119) ** 0.5


@pytest.mark.parametrize("predictability", [0.0, 0.6, 1.0])
@pytest.mark.parametrize("split", ["leave_one_out", "global_temporal"])
def test_the_ideal_is_what_the_best_ranking_reaches(predictability: float, split: str) -> None:
    settings = of(
        split, users=8000, items=40, interactions_per_user=12, predictability=predictability
    )
    dataset = load(settings)
    hidden = rule(settings.synthetic)
    number = np.array([0, *(int(name.removeprefix("item-")) for name in dataset.vocabulary[1:])])
    random = np.random.default_rng(0)
    ranks = []
    for row, target in enumerate(dataset.test.targets):
        met = number[dataset.test.histories[row]] - 1
        scores = random.random(40)
        scores[hidden.expected(met[None, :])[0]] = 2
        scores[met] = -1
        ranks.append(1 + int((scores > scores[number[target] - 1]).sum()))
    reached = {f"recall@{k}": np.mean(np.array(ranks) <= k) for k in (1, 5, 10, 20)}
    gains = np.where(np.array(ranks) <= 10, 1 / np.log2(np.array(ranks) + 1), 0)
    reached |= {"ndcg@10": gains.mean(), "mrr": np.mean(1 / np.array(ranks))}
    error = 4 * 0.5 / len(ranks) ** 0.5
    assert dataset.summary.ideal.keys() == reached.keys()
    for name, value in reached.items():
        assert dataset.summary.ideal[name] == pytest.approx(value, abs=error), name
    if predictability == 1:
        assert reached["recall@1"] == 1
        assert dataset.summary.ideal["recall@1"] == pytest.approx(1)
    if predictability == 0 and split == "leave_one_out":
        assert dataset.summary.ideal["recall@10"] == pytest.approx(10 / 29)


def test_items_that_training_never_saw_lower_the_ideal() -> None:
    tiny = load(of(users=4, items=60, interactions_per_user=4, predictability=0)).summary
    assert tiny.catalogue < 10
    known = tiny.ideal["recall@20"] * 57
    assert known <= tiny.catalogue  # at most the catalogue can be found
    assert known == pytest.approx(round(known * 4) / 4)  # a whole number for each of 4 users


def test_no_ideal_for_a_filtered_log() -> None:
    settings = SyntheticSettings(users=10, items=80, interactions_per_user=8)
    try:
        summary = load(DataSettings(synthetic=settings, min_interactions=2)).summary
    except DataError:
        pytest.fail("the core should leave something")
    assert summary.ideal == {}


@pytest.mark.parametrize(
    "settings",
    [
        {"users": 1},
        {"items": 20},
        {"interactions_per_user": 2},
        {"predictability": 1.1},
        {"seed": -1},
    ],
)
def test_settings_out_of_range(settings: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        SyntheticSettings(**settings)  # type: ignore[arg-type]
