"""The numbers that cells are chosen by, where they may be compared with those of other cells."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from rbench.cells.target import Target
from rbench.errors import TargetError
from rbench.records import Record

NDCG, SIZE, P50, MEMORY = "ndcg@10", "size_bytes", "median_us", "peak_memory_bytes"
LIMITS = (SIZE, P50, MEMORY)
"""Keys of a study's limits: what must not be more than so much."""


def finite(value: float | None) -> float | None:
    """The value, if one can reckon with it."""
    return float(value) if value is not None and math.isfinite(value) else None


def _ndcg(record: Record) -> float | None:
    found = record.quality.metrics.get(NDCG) if record.quality else None
    return found.value if found else None


_READ: dict[str, Callable[[Record], float | None]] = {
    NDCG: _ndcg,
    SIZE: lambda record: record.model.size_bytes if record.model else None,
    P50: lambda record: record.timing.median_us if record.timing else None,
    MEMORY: lambda record: (record.timing.peak_memory_bytes or None) if record.timing else None,
}
OF_THE_FILE = (NDCG, SIZE)


def trusted(record: Record, of_the_file: bool) -> bool:
    """Whether a cell's numbers count: those of its file, or those of its timing too.

    A GPU that the CPU simulates has no latency, and an invalid timing is kept, never compared.
    """
    if record.state != "ok" or of_the_file:
        return record.state == "ok"
    simulated = record.delegation is not None and record.delegation.software
    return not simulated and (record.timing is None or record.timing.verdict != "invalid")


def usable(record: Record, name: str) -> float | None:
    """One of the numbers above, if it may be compared with those of other cells."""
    return finite(_READ[name](record)) if trusted(record, name in OF_THE_FILE) else None


def bench_of(record: Record) -> tuple[str, str]:
    """Machine and device: latencies are compared within one bench only."""
    try:
        device = Target.parse(record.cell.target).device
    except TargetError:
        device = record.cell.target
    return record.machine.identity if record.machine else "", device


def limits_of(settings: Mapping[str, Any]) -> dict[str, float]:
    """The limits in a run's settings, see `LIMITS`; none where there are none."""
    table = settings.get("limits")
    if not isinstance(table, Mapping):
        return {}
    found = {}
    for key in LIMITS:
        value = table.get(key)
        known = finite(value) if isinstance(value, int | float) else None
        if known is not None and known > 0:
            found[key] = known
    return found
