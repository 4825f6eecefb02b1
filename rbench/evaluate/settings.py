"""How files are scored."""

from __future__ import annotations

from typing import Annotated

from rbench.bounds import SEED, Bounded, Range
from rbench.records.history import FilterHistory


class EvaluateSettings(Bounded, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the scoring on held-out users."""

    filter_history: FilterHistory = "auto"
    """Items that the user already touched are taken out of the ranking. A target among them then
    cannot be found: ``auto`` leaves them in for logs where people come back to the same items, see
    `rbench.records.history.history`."""
    bootstrap: Annotated[int, Range(1, 1_000_000)] = 1000
    """Resamples of the users behind every interval."""
    parity_contexts: Annotated[int, Range(1, 1_000_000)] = 128
    """Contexts on which the file is compared with the Keras model."""
    tap_users: Annotated[int, Range(1, 1_000_000)] = 1000
    """Users on whom the signature `tap` is compared with `recommend`, at most."""
    seed: Annotated[int, Range(0, SEED)] = 1
