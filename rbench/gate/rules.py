"""The tables of a budget: one type for each kind of limit. See docs/gating.md."""

from __future__ import annotations

from pathlib import PurePosixPath

import msgspec

from rbench.cells.target import taking
from rbench.gate.amounts import MOST, Share, Size

LONGEST = 20
"""Baselines that a baseline file remembers, so the most that drift can look back on."""


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every table of a budget. An unknown key is a mistake, and named."""


def _need(part: Part, *names: str) -> None:
    if all(getattr(part, name) is None for name in names):
        raise ValueError(f"sets no limit; allowed: {', '.join(names)}")


def _order(lower: float | None, upper: float | None, what: str) -> None:
    if lower is not None and upper is not None and lower > upper:
        raise ValueError(f"{what} ({lower:g} > {upper:g}): the warning would never come first")


def _positive(part: Part, *names: str) -> None:
    for name in names:
        value = getattr(part, name)
        if value is not None and not 0 < value <= MOST:
            raise ValueError(f"{name} must be a number above 0 and up to {MOST:g}, not {value:g}")


def _at_most_all(part: Part, *names: str) -> None:
    for name in names:
        value = getattr(part, name)
        if value is not None and not 0 <= value <= 1:
            raise ValueError(f'{name} must lie between "0%" and "100%", not {value:g}')


class SizeLimit(Part, frozen=True, kw_only=True):
    """Limits on the bytes of a file, raw or compressed."""

    max: Size | None = None
    """Bytes that it may have."""
    warn: Size | None = None
    """Bytes above which the gate warns."""
    max_growth: Share | None = None
    """How much larger than in the baseline it may be, as a share of the baseline's."""
    warn_growth: Share | None = None
    max_drift: Share | None = None
    """How much larger than the smallest of the last ``drift_over`` baselines it may be: many
    small steps add up."""
    warn_drift: Share | None = None
    drift_over: int = 10

    def __post_init__(self) -> None:
        _need(self, "max", "warn", "max_growth", "warn_growth", "max_drift", "warn_drift")
        _order(self.warn, self.max, "warn is above max")
        _order(self.warn_growth, self.max_growth, "warn_growth is above max_growth")
        _order(self.warn_drift, self.max_drift, "warn_drift is above max_drift")
        if not 2 <= self.drift_over <= LONGEST:
            raise ValueError(f"drift_over must be from 2 to {LONGEST}, not {self.drift_over}")


class QualityLimit(Part, frozen=True, kw_only=True):
    """Floors of one metric."""

    min: float | None = None
    """The value that it must reach. It fails when its whole interval lies below."""
    warn: float | None = None
    max_loss: Share | None = None
    """How much of the baseline's value it may lose. It fails when it has lost more beyond
    chance, and warns when it has by its number alone."""
    warn_loss: Share | None = None

    def __post_init__(self) -> None:
        _need(self, "min", "warn", "max_loss", "warn_loss")
        _at_most_all(self, "min", "warn", "max_loss", "warn_loss")
        _order(self.min, self.warn, "min is above warn")
        _order(self.warn_loss, self.max_loss, "warn_loss is above max_loss")


class Reference(Part, frozen=True, kw_only=True):
    """The cell of the same run that others are timed against, on their own target."""

    encoder: str = ""
    """Empty: the cell's own encoder."""
    recipe: str = ""
    """Empty: the cell's own recipe."""

    def __post_init__(self) -> None:
        if not (self.encoder or self.recipe):
            raise ValueError("names no reference; allowed: encoder, recipe, or both")


class LatencyLimit(Part, frozen=True, kw_only=True):
    """Limits on the median time of one query."""

    max_ratio: float | None = None
    """Times the reference's median. It fails when it is above beyond chance, judged by the
    rounds in which both were timed, and warns when it is by its number alone."""
    warn_ratio: float | None = None
    reference: Reference | None = None
    max_us: float | None = None
    """Microseconds, on ``machine`` only. Judged in the same way."""
    warn_us: float | None = None
    machine: str = ""
    """Pattern of the machine's name for ``max_us`` and ``warn_us``."""
    must_see: Share = Share(0.05)
    """The loss that has to be visible: where rounds are too noisy to show one of this size, the
    limit is not passed but not comparable."""

    def __post_init__(self) -> None:
        _need(self, "max_ratio", "warn_ratio", "max_us", "warn_us")
        _positive(self, "max_ratio", "warn_ratio", "max_us", "warn_us")
        _order(self.warn_ratio, self.max_ratio, "warn_ratio is above max_ratio")
        _order(self.warn_us, self.max_us, "warn_us is above max_us")
        _positive(self, "must_see")
        _at_most_all(self, "must_see")
        if self.relative and self.reference is None:
            raise ValueError("max_ratio and warn_ratio need reference = { recipe = ... }")
        if self.absolute and not self.machine:
            raise ValueError("max_us and warn_us need machine: times hold on one machine only")

    @property
    def relative(self) -> bool:
        """Whether it asks for a ratio to the reference."""
        return self.max_ratio is not None or self.warn_ratio is not None

    @property
    def absolute(self) -> bool:
        """Whether it asks for microseconds."""
        return self.max_us is not None or self.warn_us is not None


class DelegationLimit(Part, frozen=True, kw_only=True):
    """How much of the graph a delegate must take."""

    delegate: str = "xnnpack"
    """``xnnpack``, ``gpu``, or a tool's own; cells of other delegates are not asked."""
    min: Share = Share(1.0)
    """Share of the graph's nodes; 1 is all of them."""
    warn: Share | None = None

    def __post_init__(self) -> None:
        _at_most_all(self, "min", "warn")
        _order(self.min, self.warn, "min is above warn")
        known = taking()
        if self.delegate not in known:
            raise ValueError(f"unknown delegate {self.delegate!r}; allowed: {', '.join(known)}")


class LearningLimit(Part, frozen=True, kw_only=True):
    """Floors of what learning on the device adds to the NDCG@10 of the next tap."""

    min: float | None = None
    """It fails when the whole interval of the difference lies below."""
    warn: float | None = None

    def __post_init__(self) -> None:
        _need(self, "min", "warn")
        for name in ("min", "warn"):
            value = getattr(self, name)
            if value is not None and not -1 <= value <= 1:
                raise ValueError(f"{name} must lie between -1 and 1, not {value:g}")
        _order(self.min, self.warn, "min is above warn")


class TapLimit(Part, frozen=True, kw_only=True):
    """Limits on the time of the signature `tap`, as a share of that of `recommend`."""

    max_ratio: float | None = None
    """It fails when it is above in every round, and warns when it is by its median alone."""
    warn_ratio: float | None = None

    def __post_init__(self) -> None:
        _need(self, "max_ratio", "warn_ratio")
        _positive(self, "max_ratio", "warn_ratio")
        _order(self.warn_ratio, self.max_ratio, "warn_ratio is above max_ratio")


class CellRule(Part, frozen=True, kw_only=True):
    """Limits for every cell whose three names match the patterns (``*``, ``?``, ``[ab]``)."""

    encoder: str = "*"
    recipe: str = "*"
    target: str = "*"
    optional: bool = False
    """Whether the rule may match no cell, or none that can be asked; otherwise that fails."""
    size: SizeLimit | None = None
    gzip: SizeLimit | None = None
    quality: dict[str, QualityLimit] = {}
    """Metric (``ndcg@10``, ``recall@10``, …) -> floors."""
    latency: LatencyLimit | None = None
    delegation: DelegationLimit | None = None
    learning: LearningLimit | None = None
    tap: TapLimit | None = None

    def __post_init__(self) -> None:
        names = ("size", "gzip", "latency", "delegation", "learning", "tap")
        if not self.quality and all(getattr(self, name) is None for name in names):
            raise ValueError(
                "sets no limit; allowed: size, gzip, quality, latency, delegation, learning, tap"
            )


class FileRule(Part, frozen=True, kw_only=True):
    """Limits for files that no run made, found by their path."""

    path: str
    """Pattern, relative to the budget file; ``**`` stands for any folders."""
    optional: bool = False
    """Whether the rule may match no file; otherwise that fails."""
    size: SizeLimit | None = None
    gzip: SizeLimit | None = None

    def __post_init__(self) -> None:
        if self.size is None and self.gzip is None:
            raise ValueError("sets no limit; allowed: size, gzip")
        parts = PurePosixPath(self.path).parts
        if not parts or self.path.startswith("/") or ".." in parts or "\\" in self.path:
            raise ValueError(
                f"path {self.path!r} must be relative to the budget file, in it or below, with /"
            )
        if parts[-1] == "**" or any("**" in part and part != "**" for part in parts):
            raise ValueError(f"path {self.path!r}: ** stands for whole folders, as in **/*.tflite")
