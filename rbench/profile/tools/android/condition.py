"""How a phone is, and was during a round."""

from __future__ import annotations

import msgspec


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """How a phone is at one moment. None and empty: it does not tell."""

    battery_percent: int | None = None
    battery_celsius: float | None = None
    charging: bool | None = None
    """Whether it hangs on a charger or a cable that feeds it."""
    saving: bool | None = None
    """Whether the battery saver is on, which lowers clocks."""
    throttling: int | None = None
    """Android's thermal status: 0 none, 1 light, 2 moderate, 3 severe and worse."""
    zones_celsius: dict[str, float] = {}
    """Thermal zone -> degrees; of equal names the hottest."""
    governors: dict[str, str] = {}
    """Core, e.g. ``cpu0`` -> what chooses its clock."""
    load_average: float | None = None
    """Of the last minute; waiting for devices counts on Android, so 10 is no unrest."""


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """How a phone was while a round was timed on it."""

    before: Condition
    """Just before the timed run, after any waiting."""
    after: Condition
    """Just after the timed run."""
    waited_s: float = 0.0
    """How long it was left alone to cool down."""
    cores: str = ""
    """Mask of the cores that the tool was held to, as ``taskset`` takes it; empty: all."""
