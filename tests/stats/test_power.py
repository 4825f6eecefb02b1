"""The smallest loss that users can show: known answers, and simulated users that show it."""

import importlib.util
import math
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest

from rbench.metrics.found import gains
from rbench.stats import ALPHA, POWER, minimum_detectable_loss, paired_loss
from rbench.stats.power import CAUTION

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "quality_power.py"
T, Z = NormalDist().inv_cdf(1 - ALPHA), NormalDist().inv_cdf(1 - CAUTION * (1 - POWER))


@pytest.fixture(scope="module")
def program():
    spec = importlib.util.spec_from_file_location("quality_power", BENCHMARK)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_equal_ranks_show_a_loss_by_the_hits_that_are_gone():
    """Of very many hits m are lost; m - z sqrt(m) = t sqrt(its critical number) = t^2."""
    hits = np.zeros(10**6)
    hits[: 10**5] = 1
    lost = ((Z + math.sqrt(Z**2 + 4 * T**2)) / 2) ** 2
    assert minimum_detectable_loss(hits, hits) == pytest.approx(lost / 10**5, rel=1e-3)


def test_where_noise_is_all_it_is_the_two_quantiles_in_standard_errors():
    random = np.random.default_rng(1)
    before, after = 100 + random.normal(size=(2, 10**5))
    error = paired_loss(before, after).standard_error
    found = minimum_detectable_loss(before, after, alpha=0.01, power=0.8)
    # What a loss that small adds by itself is a tenth of that.
    quantiles = NormalDist().inv_cdf(0.99) + NormalDist().inv_cdf(1 - CAUTION * 0.2)
    assert found == pytest.approx(quantiles * error, rel=0.35)
    assert found > quantiles * error


def test_four_times_the_users_halve_it_where_models_differ_by_chance():
    random = np.random.default_rng(2)
    before, after = (gains("mrr", random.integers(1, 50, size=40_000)) for _ in range(2))
    small = minimum_detectable_loss(before[:10_000], after[:10_000])
    assert minimum_detectable_loss(before, after) == pytest.approx(small / 2, rel=0.1)


def test_a_loss_that_happened_is_taken_out():
    random = np.random.default_rng(3)
    before, after = random.random(size=(2, 5000))
    assert minimum_detectable_loss(before, 0.8 * after) == pytest.approx(
        minimum_detectable_loss(before, after)
    )


def test_more_power_and_fewer_false_alarms_ask_for_more():
    random = np.random.default_rng(4)
    before, after = random.random(size=(2, 500))
    usual = minimum_detectable_loss(before, after)
    assert (
        minimum_detectable_loss(before, after, power=0.5)
        < usual
        < minimum_detectable_loss(before, after, 1e-5)
    )


@pytest.mark.parametrize("gained", [np.zeros(5), np.zeros(0)])
def test_nobody_gained_anything_to_lose(gained):
    assert minimum_detectable_loss(gained, gained) is None


@pytest.mark.slow
def test_it_is_found_nearly_always_and_a_third_of_it_seldom(program):
    """100 pairs: the shares themselves are held by the slow tests below."""
    loss = program.seen("ndcg@10", 610, 0.35, seed=5, pairs=5)
    assert program.alarms("ndcg@10", 610, 0.35, 100, 6, program.dropped(loss)) >= 0.85
    assert program.alarms("ndcg@10", 610, 0.35, 100, 7, program.dropped(loss / 3)) < 0.7


@pytest.mark.slow
@pytest.mark.parametrize(
    ("metric", "noise"),
    [("ndcg@10", 0.35), ("recall@10", 0.05), ("mrr", 1.5)],
)
def test_it_is_found_at_the_stated_power(program, metric, noise):
    """Or a little more. 1,000 pairs: two standard errors of a share of 95 % are 1.4 %."""
    loss = program.seen(metric, 610, noise, seed=5, pairs=20)
    found = program.alarms(metric, 610, noise, 1000, 6, program.dropped(loss))
    assert POWER - 0.014 <= found <= 0.995
    assert program.alarms(metric, 610, noise, 300, 7, program.dropped(loss / 3)) < 0.6


@pytest.mark.slow
@pytest.mark.parametrize("noise", [0.05, 1.5])
def test_a_thousand_equal_pairs_raise_an_alarm_in_one_percent_at_most(program, noise):
    assert program.alarms("ndcg@10", 610, noise, 1000, 8) <= 0.01
