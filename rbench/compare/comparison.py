"""What two runs have to say about each other: a document of plain values."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal

import msgspec

SCHEMA = 1
"""Version of the document that ``rbench compare --format json`` writes."""

Change = Literal["better", "worse", "unchanged", "not comparable"]
Unit = Literal["bytes", "score", "us", "nodes", ""]

VERDICTS: tuple[Change, ...] = ("worse", "better", "unchanged", "not comparable")
"""In the order in which a reader should meet them."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One number of a file or cell in both runs, and what may be said of it."""

    encoder: str
    recipe: str
    target: str = ""
    """Empty for what belongs to the file and is alike on every target."""
    metric: str
    """``size``, ``gzip``, ``ndcg@10``, ``recall@10``, ``mrr`` of a file; ``latency``, ``state``,
    ``not delegated`` (nodes) of a cell; ``cell`` for one that only one run has."""
    unit: Unit = ""
    before: float | None = None
    after: float | None = None
    change: float | None = None
    """``after / before - 1``; None where that means nothing."""
    low: float | None = None
    """Where the change lies beyond chance; both ends are None for what has none."""
    high: float | None = None
    visible: float | None = None
    """The smallest change for the worse that would have been seen, as a share, at 95 % power; None
    for what is exact or not known."""
    verdict: Change
    reason: str = ""
    """Why it cannot be compared, or else how it was: what the interval stands on."""

    @property
    def subject(self) -> str:
        """``ENCODER x RECIPE``, with the target where it has one."""
        return " x ".join(word for word in (self.encoder, self.recipe, self.target) if word)


class Unlike(msgspec.Struct, frozen=True, kw_only=True):
    """A fact in which the two runs differ, and what follows."""

    what: str
    before: str
    after: str
    effect: str


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two runs."""

    folder: str
    study: str
    created: str
    cells: int


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that two runs have to say about each other."""

    schema: int = SCHEMA
    before: Side
    after: Side
    false_alarms: float
    """Chance that anything is called better or worse though nothing is, over all differences that
    have an interval together."""
    differences: tuple[Difference, ...]
    """File by file, then cell by cell, in the order of the later run's study."""
    unlike: tuple[Unlike, ...] = ()
    sight: str = ""
    """How small a loss of quality its users can show; empty where that is not known."""
    notes: tuple[str, ...] = ()
    """What a reader should know beside the differences."""

    def of(self, verdict: Change) -> tuple[Difference, ...]:
        """The differences with this verdict: those without a number first, then the largest."""
        found = [one for one in self.differences if one.verdict == verdict]
        if verdict in ("better", "worse"):
            found.sort(key=lambda one: -math.inf if one.change is None else -abs(one.change))
        return tuple(found)

    @property
    def comparable(self) -> bool:
        """Whether any number could be compared."""
        return any(one.verdict != "not comparable" for one in self.differences)

    @property
    def summary(self) -> str:
        """The whole comparison as one sentence."""
        counts = ((len(self.of(verdict)), _WORDS[verdict]) for verdict in VERDICTS)
        return ", ".join(f"{count:,} {word}" for count, word in counts if count) or "nothing"

    def reasons(self) -> Iterator[tuple[str, tuple[Difference, ...]]]:
        """Why something cannot be compared, and the differences that share the reason."""
        found: dict[str, list[Difference]] = {}
        for one in self.of("not comparable"):
            found.setdefault(one.reason, []).append(one)
        yield from ((reason, tuple(ones)) for reason, ones in found.items())


_WORDS = {
    "worse": "worse",
    "better": "better",
    "unchanged": "unchanged within noise",
    "not comparable": "not comparable",
}
