"""How files are scored."""

from __future__ import annotations

import msgspec

from rbench.history import FilterHistory


class EvaluateSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the scoring on held-out users."""

    filter_history: FilterHistory = "auto"
    """Items that the user already touched are taken out of the ranking. A target among them then
    cannot be found: ``auto`` leaves them in for logs where people come back to the same items, see
    `rbench.history.history`."""
    bootstrap: int = 1000
    """Resamples of the users behind every interval."""
    parity_contexts: int = 128
    """Contexts on which the file is compared with the Keras model."""
    seed: int = 1

    def __post_init__(self) -> None:
        for name in ("bootstrap", "parity_contexts"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be a whole number from 1, not {getattr(self, name)}")
        if self.seed < 0:
            raise ValueError(f"seed must be a whole number from 0, not {self.seed}")
