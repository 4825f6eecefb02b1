"""New items and retired ones in a finished file, without training: rows, the file, what travels."""

from rbench.update.updating import Updated, update

__all__ = ["Updated", "update"]
