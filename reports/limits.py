"""What the app can afford, as the study said it, and how a cell stands to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rbench import choose
from rbench_reports.cells import Cell
from rbench_reports.metrics import MEMORY, P50, SIZE, Metric
from rbench_reports.numbers import Scale, scale

KEYS: dict[str, tuple[str, Metric]] = {
    "size_bytes": ("file size", SIZE),
    "median_us": ("median latency", P50),
    "peak_memory_bytes": ("peak memory", MEMORY),
}
"""Key of the study's limits -> its words and what it limits."""


@dataclass(frozen=True)
class Limit:
    """One thing that must not be more than so much."""

    key: str
    """Of the study's limits."""
    words: str
    metric: Metric
    most: float

    @property
    def text(self) -> str:
        return self._scale().full(self.most)

    def check(self, cell: Cell) -> Check:
        """How a cell stands to it; what was not measured does not keep a limit."""
        value = cell.usable(self.metric)
        share = None if value is None else value / self.most
        return Check(self, self._scale(), value, share)

    def _scale(self) -> Scale:
        return scale(self.metric.kind, [self.most])


@dataclass(frozen=True)
class Check:
    """One limit, held against one cell."""

    limit: Limit
    scale: Scale
    value: float | None
    share: float | None
    """Value over limit: at most 1 keeps it."""

    @property
    def kept(self) -> bool:
        return self.value is not None and self.value <= self.limit.most

    @property
    def text(self) -> str:
        """E.g. ``57.9 kB of 60.0 kB, 4 % to spare``."""
        if self.value is None or self.share is None:
            return f"not measured, limit {self.limit.text}"
        number = f"{self.scale.full(self.value)} of {self.limit.text}"
        if self.kept:
            return f"{number}, {100 * (1 - self.share):.0f} % to spare"
        over = self.scale.full(self.value - self.limit.most)
        return f"{number}, over by {over} ({100 * (self.share - 1):.1f} %)"


def limits_of(settings: Mapping[str, Any]) -> tuple[Limit, ...]:
    """The limits in a run's settings; none where there are none."""
    found = choose.limits_of(settings)
    return tuple(Limit(key, *KEYS[key], most) for key, most in found.items())
