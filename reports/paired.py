"""How far a file's NDCG@10 is from its encoder's float32: the same users, asked by both."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from rbench.cells.recipe import PLAIN
from rbench.choose import gain
from rbench.choose.paired import difference as gained
from rbench.metrics.found import gains
from rbench.records import Quality, Record, Run
from rbench.records.artefacts import Ranks, read_ranks
from rbench.stats import minimum_detectable_loss, significant
from rbench_reports.cells import Sheet
from rbench_reports.numbers import MISSING, change

if TYPE_CHECKING:
    from numpy.typing import NDArray

REFERENCE = PLAIN
METRIC = "ndcg@10"
File = tuple[str, str]


@dataclass(frozen=True)
class Difference:
    """A share of the reference's mean that was gained (+) or lost (-), with its interval."""

    share: float
    low: float
    high: float

    @property
    def text(self) -> str:
        """E.g. ``-3.6 %``."""
        return change(1 + self.share, 1)

    @property
    def interval(self) -> str:
        """E.g. ``-7.3 % to +0.2 %``; empty where no user's gain changed."""
        if self.low == self.high == 0:
            return ""
        return " to ".join(
            "any" if math.isinf(end) else change(1 + end, 1) for end in (self.low, self.high)
        )

    @property
    def word(self) -> str:
        """What the interval allows to say."""
        if self.low == self.high == 0:
            return "the same"
        side = significant((self.low, self.high))
        return {"below": "worse", "above": "better", "": "no difference shown"}[side]

    @property
    def sign(self) -> str:
        return {"worse": "▼", "better": "▲", "the same": "="}.get(self.word, "≈")


@dataclass(frozen=True)
class Score:
    """One file from one seed."""

    seed: int
    value: float
    difference: Difference | None


@dataclass(frozen=True)
class Paired:
    """One file beside its reference."""

    scores: tuple[Score, ...]
    """Per seed, the seed of the timed file first."""
    difference: Difference | None
    """Of the timed file, or None with `missing` saying why."""
    over_seeds: Difference | None
    """Each user's gain averaged over the seeds first; None where there is one seed only."""
    missing: str = ""
    smallest: float | None = None
    """The smallest share whose loss this pair's users would show."""

    @property
    def seen_from(self) -> str:
        """`smallest`, e.g. ``18 %``."""
        return MISSING if self.smallest is None else f"{100 * self.smallest:.0f}\N{NO-BREAK SPACE}%"

    @property
    def mean(self) -> float:
        """Mean of the metric over the seeds."""
        return sum(score.value for score in self.scores) / len(self.scores)


@dataclass(frozen=True)
class Pairing:
    """All files of a run beside their references."""

    files: Mapping[File, Paired]
    recipes: Mapping[str, Difference]
    """Recipe -> its difference with each user's gain averaged over the encoders first."""

    @property
    def seeds(self) -> tuple[int, ...]:
        """All seeds that something was scored with, in order."""
        return tuple(sorted({s.seed for found in self.files.values() for s in found.scores}))


def pairs(run: Run, sheet: Sheet) -> Pairing:
    """Hold every scored file to the float32 file of its encoder."""

    @cache
    def told(ranks: str, users: int) -> Ranks:
        return read_ranks(run, Quality(users=users, metrics={}, coverage=0.0, ranks=ranks))

    @cache
    def gained(ranks: str, users: int) -> NDArray[Any] | None:
        found = told(ranks, users).values
        return None if found is None else gains(METRIC, found)

    def broken(record: Record) -> str:
        found = [told(q.ranks, q.users) for q in filter(None, [record.quality])]
        return next((ranks.missing for ranks in found if ranks.broken), "")

    def by_seed(record: Record | None) -> dict[int, NDArray[Any]]:
        found = {seed: gained(q.ranks, q.users) for seed, q in _qualities(record).items()}
        return {seed: array for seed, array in found.items() if array is not None}

    scored = {
        file: next((c.record for c in cells if c.record.quality is not None), None)
        for file, cells in sheet.files().items()
    }
    files: dict[File, Paired] = {}
    sides: dict[str, list[tuple[NDArray[Any], NDArray[Any]]]] = {}
    for file, record in scored.items():
        if record is None:
            continue
        reference = _alike(record, scored.get((file[0], REFERENCE)))
        mine, theirs = by_seed(record), by_seed(reference)
        lost = next(filter(None, map(broken, filter(None, (record, reference)))), "")
        files[file] = _paired(record, mine, reference, theirs, lost)
        if record.seed in mine and record.seed in theirs:
            sides.setdefault(file[1], []).append((theirs[record.seed], mine[record.seed]))
    pooled = {recipe: _pooled(both) for recipe, both in sides.items()}
    return Pairing(files, {recipe: found for recipe, found in pooled.items() if found})


def between(run: Run, record: Record, other: Record) -> Difference | None:
    """How far one file's NDCG@10 is from any other's, see `rbench.choose.gain`."""
    found = gain(run, record, other)
    return Difference(*found) if found else None


def difference(before: NDArray[Any], after: NDArray[Any]) -> Difference | None:
    """The share that the mean changed by, see `rbench.choose.paired.difference`."""
    found = gained(before, after)
    return Difference(*found) if found else None


def _paired(
    record: Record,
    mine: Mapping[int, NDArray[Any]],
    reference: Record | None,
    theirs: Mapping[int, NDArray[Any]],
    broken: str,
) -> Paired:
    found = {seed: _difference(theirs.get(seed), mine.get(seed)) for seed in _qualities(record)}
    scores = tuple(
        Score(seed, quality.metrics[METRIC].value, found[seed])
        for seed, quality in _qualities(record).items()
        if METRIC in quality.metrics
    )
    both = [seed for seed in mine if seed in theirs and mine[seed].shape == theirs[seed].shape]
    sizes = {len(mine[seed]) for seed in both}
    over = (
        _difference(_mean([theirs[seed] for seed in both]), _mean([mine[seed] for seed in both]))
        if len(both) > 1 and len(sizes) == 1
        else None
    )
    missing = ""
    if reference is None:
        missing = f"no {REFERENCE} of this encoder on the same users"
    elif found[record.seed] is None:
        missing = broken or "the ranks of both are needed"
    before, after = theirs.get(record.seed), mine.get(record.seed)
    smallest = None
    if before is not None and after is not None and len(before) == len(after):
        smallest = minimum_detectable_loss(before, after)
    return Paired(scores, found[record.seed], over, missing, smallest)


def _pooled(sides: Sequence[tuple[NDArray[Any], NDArray[Any]]]) -> Difference | None:
    if len({array.shape for side in sides for array in side}) != 1:
        return None
    before, after = zip(*sides, strict=True)
    return _difference(_mean(before), _mean(after))


def _difference(before: NDArray[Any] | None, after: NDArray[Any] | None) -> Difference | None:
    return None if before is None or after is None else difference(before, after)


def _mean(arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
    import numpy as np

    mean: NDArray[Any] = np.mean(np.stack(arrays), axis=0)
    return mean


def _qualities(record: Record | None) -> dict[int, Quality]:
    """Seed -> scores; the timed file's first."""
    if record is None or record.quality is None:
        return {}
    others = {replicate.seed: replicate.quality for replicate in record.replicates}
    return {record.seed: record.quality, **{s: q for s, q in others.items() if s != record.seed}}


def _alike(record: Record, reference: Record | None) -> Record | None:
    """The reference, if it was asked the same."""
    return reference if reference is not None and reference.data == record.data else None
