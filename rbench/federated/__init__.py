"""Federated training, on Flower: the logs of users stay with them, and updates travel."""

from rbench.federated.federate import federate
from rbench.federated.settings import FederatedSettings

__all__ = ["FederatedSettings", "federate"]
