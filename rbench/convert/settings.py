"""How models become files."""

from __future__ import annotations

from typing import Annotated

from rbench.bounds import Bounded, Range


class ConvertSettings(Bounded, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the conversion."""

    calibration_contexts: Annotated[int, Range(1, 1_000_000)] = 200
    """Contexts from the training split, drawn by the seed, that static recipes calibrate on."""
