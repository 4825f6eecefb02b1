"""How models become files."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from rbench.bounds import Bounded, Range


class ConvertSettings(Bounded, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the conversion."""

    calibration_contexts: Annotated[int, Range(1, 1_000_000)] = 200
    """Contexts from the training split, drawn by the seed, that static recipes calibrate on."""
    allowed: bool = False
    """Whether files take one more input, ``allowed``: which items may come back."""
    filter_seen: bool = False
    """Whether files never return an item of their context."""

    tap: bool = False
    """Whether files get a second signature, `tap`, that answers item by item from a state: those of
    encoders that keep one."""

    def said(self) -> dict[str, Any]:
        """All of them, for a record; what nothing is asked of is left out."""
        known: dict[str, Any] = msgspec.to_builtins(self)
        return {k: v for k, v in known.items() if v is not False}
