"""What a gate holds a run to."""

from __future__ import annotations

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits that every model of a run has to keep. A limit that is not set is not judged."""

    max_size_bytes: int | None = None
    """Largest size that a model file may have; a file of exactly this size passes."""

    def __post_init__(self) -> None:
        if self.max_size_bytes is not None and self.max_size_bytes < 1:
            raise ValueError(f"max_size_bytes must be from 1, not {self.max_size_bytes}")
