"""Two model files held against each other, without a run."""

from __future__ import annotations

from pathlib import Path

import msgspec

from rbench.errors import ModelError
from rbench.gate.baseline import Mark
from rbench.gate.growth import Weighed, judge_size
from rbench.gate.latency import sighted, times
from rbench.gate.levels import Levels, Measure, Subject, at_most
from rbench.gate.rules import SizeLimit
from rbench.gate.verdict import Finding
from rbench.gate.weighing import weigh
from rbench.records import Timing
from rbench.stats.rounds import compare_pairs


class PairLimits(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the new file of two has to keep."""

    size: SizeLimit | None = None
    max_ratio: float | None = None
    """Times the other file's median."""
    must_see: float = 0.05
    """The slowdown that has to be visible; see `LatencyLimit`."""


def judge_sizes(limits: PairLimits, new: Path, old: Path | None) -> tuple[list[Finding], list[str]]:
    """Hold the new file's bytes to their limit and to the old file's, if there is one.

    Returns:
        The findings, and what a reader of them should know.

    Raises:
        ModelError: a file cannot be read, is no whole .tflite, or lacks weights.
    """
    weights = [weigh(path) for path in (new, old) if path is not None]
    for weight in weights:
        if weight.complaint:
            raise ModelError(f"the file {weight.complaint}", where=str(weight.path))
    notes = [note for weight in weights for note in weight.notes]
    if limits.size is None:
        return [], notes
    before = Mark(size_bytes=weights[1].size_bytes, gzip_bytes=0) if old else None
    file = Weighed(str(new), "size", weights[0].size_bytes, before, old is not None)
    return list(judge_size(limits.size, file, "")), notes


def judge_times(
    max_ratio: float,
    new: Path,
    old: Path,
    timings: tuple[Timing, Timing],
    alpha: float,
    must_see: float = PairLimits().must_see,
) -> Finding:
    """Hold the new file's time to the old one's; both were timed in the same rounds.

    Rounds that disagree do not matter here, as long as both files were in them; a timing that is
    no timing (``invalid``) does.
    """
    place = Subject(str(new), "latency ratio")
    for path, timing in zip((new, old), timings, strict=True):
        if timing.verdict == "invalid":
            return place.unlike(f"the timing of {path} is invalid: {'; '.join(timing.reasons)}")
    mine, theirs = (timing.round_medians_us for timing in timings)
    ratio = compare_pairs(mine, theirs, alpha)
    about = f"times {old}, from {ratio.low:.3f} to {ratio.high:.3f}"
    measure = Measure(ratio.value, "ratio", times, (ratio.low, ratio.high), about)
    found = at_most(place, Levels(None, max_ratio), measure)
    return sighted(found, place, ratio, max_ratio, must_see)
