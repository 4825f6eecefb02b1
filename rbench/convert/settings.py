"""How models become files."""

from __future__ import annotations

import msgspec


class ConvertSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the conversion."""

    calibration_contexts: int = 200
    """Contexts from the training split, drawn by the seed, that static recipes calibrate on."""
