"""How models become files."""

from __future__ import annotations

from typing import Annotated, Any, Literal

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


class PersonalSettings(Bounded, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a file learns its user: ``user <- (1 - decay) user - rate x gradient`` at each tap."""

    rate: Annotated[float, Range(0.0, 1000.0)] = 1.0
    """The step along the gradient of the cross-entropy of the next item among those shown."""
    decay: Annotated[float, Range(0.0, 1.0)] = 0.1
    """The share of what was learnt that is forgotten at each tap."""
    state: Literal["variable", "tensor"] = "variable"
    """Where the learnt vector lies: in a variable of the runtime, with signatures to save, restore
    and reset it, or with the app, which hands it in and gets it back."""
