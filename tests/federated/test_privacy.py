"""Privacy spent: known answers of the accountant, and what a record says of it."""

import math

import pytest

pytest.importorskip("dp_accounting", reason="not installed: pip install 'rbench[federated]'")

from rbench.federated.privacy import WANTED, epsilon, spent
from rbench.federated.settings import FederatedSettings


def by_hand(rate, sigma, rounds, delta):
    """The subsampled Gaussian's Renyi divergence at whole orders (Mironov, Talwar and Zhang 2019,
    section 3.3), made epsilon by Canonne, Kamath and Steinke 2020, proposition 12.
    """

    def at(order):
        terms = [
            math.lgamma(order + 1)
            - math.lgamma(k + 1)
            - math.lgamma(order - k + 1)
            + k * math.log(rate)
            + (order - k) * math.log1p(-rate)
            + k * (k - 1) / (2 * sigma**2)
            for k in range(order + 1)
        ]
        largest = max(terms)
        divergence = largest + math.log(sum(math.exp(one - largest) for one in terms))
        spent = rounds * divergence / (order - 1)
        return spent + math.log1p(-1 / order) - math.log(delta * order) / (order - 1)

    return min(map(at, range(2, 256)))


@pytest.mark.parametrize(
    ("rate", "sigma", "rounds", "delta"),
    [(256 / 60_000, 1.1, 14_062, 1e-5), (64 / 610, 1.0, 120, 1 / 610), (0.01, 0.7, 400, 1e-6)],
)
def test_known_answers(rate, sigma, rounds, delta):
    """The library tries orders between whole ones, too: never more, and hardly less."""
    expected = by_hand(rate, sigma, rounds, delta)
    assert 0.97 * expected < epsilon(rate, sigma, rounds, delta) < 1.001 * expected


def test_one_release_to_all_is_the_gaussian_mechanism():
    """The textbook's bound, sqrt(2 ln(1.25 / delta)) / sigma, is an upper one for epsilon < 1."""
    delta, sigma = 1e-5, 10.0
    bound = math.sqrt(2 * math.log(1.25 / delta)) / sigma
    assert 0.5 * bound < epsilon(1.0, sigma, 1, delta) < bound


def test_more_rounds_clients_and_less_noise_cost_more():
    at = epsilon(0.1, 1.0, 100, 1e-3)
    assert epsilon(0.1, 1.0, 200, 1e-3) > at
    assert epsilon(0.2, 1.0, 100, 1e-3) > at
    assert epsilon(0.1, 0.8, 100, 1e-3) > at
    assert epsilon(0.1, 1.0, 100, 1e-4) > at


def test_a_record_says_how_many_users_it_takes():
    settings = FederatedSettings(clip=1.0, noise_multipliers=(1.0,), clients_per_round=64)
    found = spent(settings, 610, 120)
    assert found["delta"] == 1 / 610
    assert found["epsilon"] == pytest.approx(6.3, abs=0.2)
    wanted = found["users_wanted"]
    assert math.log2(wanted / 610).is_integer()
    assert epsilon(64 / wanted, 1.0, 120, 1 / wanted) <= WANTED
    assert epsilon(128 / wanted, 1.0, 120, 2 / wanted) > WANTED


def test_nothing_is_said_where_nothing_is_kept():
    assert spent(FederatedSettings(), 610, 120) == {}


def test_noise_that_hides_nobody_in_any_crowd():
    settings = FederatedSettings(clip=1.0, noise_multipliers=(0.05,), clients_per_round=64)
    assert "users_wanted" not in spent(settings, 610, 400)
