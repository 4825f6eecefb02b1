"""What an app team needs to run a finished file: the bundle, its contract, proofs and clients."""

from rbench.ship.bundle import Shipped, ship
from rbench.ship.names import Titles

__all__ = ["Shipped", "Titles", "ship"]
