"""How files are scored."""

from __future__ import annotations

from typing import Annotated

from rbench.bounds import SEED, Bounded, Range
from rbench.records.history import FilterHistory

MOST_TRIED = 100
"""Pairs of a rate and a decay: all streams are gone through with each."""


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
    stream_users: Annotated[int, Range(1, 1_000_000)] = 1000
    """Users whose taps a file that learns is given one by one, at most."""
    stream_taps: Annotated[int, Range(1, 100_000)] = 50
    """Of each, at most."""
    stream_rates: Annotated[tuple[float, ...], Range(0.0, 1000.0)] = (0.3, 1.0, 3.0)
    stream_decays: Annotated[tuple[float, ...], Range(0.0, 1.0)] = (0.1, 0.3)
    """What is tried, each with each; half of the users are judged with what the others chose."""
    seed: Annotated[int, Range(0, SEED)] = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("stream_rates", "stream_decays"):
            if not getattr(self, name):
                raise ValueError(f"{name} must not be empty")
        tried = len(self.stream_rates) * len(self.stream_decays)
        if tried > MOST_TRIED:
            raise ValueError(
                f"stream_rates with stream_decays are {tried} pairs; allowed: {MOST_TRIED}"
            )
