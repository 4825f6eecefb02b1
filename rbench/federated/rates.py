"""The server's step, a function of the round's number alone."""

from __future__ import annotations

from rbench.federated.settings import AUTO, FederatedSettings
from rbench.train.rules import learning_rate_of
from rbench.train.schedule import half_cosine

ADAPTIVE = ("fedadagrad", "fedadam", "fedyogi")


def largest_rate(settings: FederatedSettings, width: int) -> float:
    """What ``server_learning_rate`` comes to.

    Args:
        width: of the model.
    """
    if settings.server_learning_rate != AUTO:
        return settings.server_learning_rate
    return learning_rate_of(width) if settings.strategy in ADAPTIVE else 1.0


def server_rate(settings: FederatedSettings, number: int) -> float:
    """The share of the largest step that a round takes.

    Args:
        number: of the round, from 1.
    """
    if settings.schedule == "constant":
        return 1.0
    return half_cosine((number - 1) / max(1, settings.rounds - 1))
