"""What a gate holds a run to."""

from __future__ import annotations

import msgspec

from rbench.gate.amounts import Share, Size
from rbench.gate.rules import CellRule, FileRule
from rbench.stats import ALPHA

SCHEMA = 1
"""Version of the budget file."""


class Limits(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A whole budget. A limit that is not set is not judged."""

    schema: int = SCHEMA
    max_size_bytes: Size | None = None
    """Largest size that any model file may have; a file of exactly this size passes."""
    update_bytes: Size | None = None
    """Most that may travel to a device for an update, see ``rbench update``: of the patch of each
    model file."""
    strict: bool = True
    """Whether what cannot be compared fails the gate."""
    false_alarms: Share = Share(ALPHA)
    """Chance that something no worse than its limit fails, over all of the gate's uncertain
    comparisons together: it is divided among them (Bonferroni)."""
    cells: tuple[CellRule, ...] = ()
    files: tuple[FileRule, ...] = ()

    def __post_init__(self) -> None:
        if self.schema != SCHEMA:
            raise ValueError(f"schema {self.schema} is unknown; allowed: {SCHEMA}")
        if self.max_size_bytes is not None and self.max_size_bytes < 1:
            raise ValueError(f"max_size_bytes must be from 1, not {self.max_size_bytes}")
        if self.update_bytes is not None and self.update_bytes < 1:
            raise ValueError(f"update_bytes must be from 1, not {self.update_bytes}")
        if not 0 < self.false_alarms < 0.5:
            raise ValueError('false_alarms must lie between "0%" and "50%"')
