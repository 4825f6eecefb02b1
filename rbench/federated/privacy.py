"""What noise buys: epsilon of differential privacy for each user, by Google's accountant.

Each round draws every user with the same chance, by itself; each drawn one's update is no longer
than ``clip``, and the sum of them gets Gaussian noise. The guarantee is for one user more or less
in the log, with all that is theirs.
"""

from __future__ import annotations

from rbench.federated.settings import AUTO, FederatedSettings

WANTED = 2.0
"""Epsilon for which `spent` says how many users it takes."""
MOST_USERS = 10**9


def epsilon(rate: float, noise_multiplier: float, rounds: int, delta: float) -> float:
    """Privacy spent.

    Args:
        rate: the chance with which a user is drawn for a round.
        noise_multiplier: of the noise in the sum, in lengths of the longest update.
    """
    from dp_accounting import dp_event
    from dp_accounting.rdp import RdpAccountant

    noise = dp_event.GaussianDpEvent(noise_multiplier)
    event = noise if rate >= 1 else dp_event.PoissonSampledDpEvent(rate, noise)
    accountant = RdpAccountant()
    accountant.compose(dp_event.SelfComposedDpEvent(event, rounds))
    return float(accountant.get_epsilon(delta))


def spent(settings: FederatedSettings, users: int, rounds: int) -> dict[str, float]:
    """For a record: ``epsilon``, ``delta``, and ``users_wanted``; nothing without noise.

    ``users_wanted`` is how many users make epsilon `WANTED`, all else as it is, in powers of two of
    those that there are; it is left out where no number of them does.
    """
    if not settings.noise_multiplier or not users:
        return {}
    found = {"epsilon": _epsilon(settings, users, rounds), "delta": delta_of(settings, users)}
    wanted = users
    while _epsilon(settings, wanted, rounds) > WANTED:
        wanted *= 2
        if wanted > MOST_USERS:
            return found
    return {**found, "users_wanted": wanted}


def delta_of(settings: FederatedSettings, users: int) -> float:
    """The study's, or one in as many as there are users."""
    return 1 / users if settings.delta == AUTO else settings.delta


def _epsilon(settings: FederatedSettings, users: int, rounds: int) -> float:
    rate = min(1.0, settings.clients_per_round / users)
    return epsilon(rate, settings.noise_multiplier, rounds, delta_of(settings, users))
