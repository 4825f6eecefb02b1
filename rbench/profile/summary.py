"""A cell's rounds, summed up."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import msgspec

from rbench.cells.target import Target
from rbench.errors import StageError
from rbench.profile import aggregates, samples, verdict
from rbench.profile.result import REST, TIMED, Round, Stopwatch
from rbench.profile.settings import ProfileSettings
from rbench.profile.tool import tool_of
from rbench.records import Delegation, TapTiming, Timing, UpdateTiming
from rbench.system.arrays import TORN


def summarise(
    settings: ProfileSettings, target: Target, rounds: Sequence[Path], folder: Path
) -> tuple[Timing, Delegation | None]:
    """Pool the samples of a cell's rounds and judge them.

    Every sample counts alike, none is taken for an outlier. Quantiles are interpolated linearly;
    the standard deviation is that of a sample (n - 1).

    Args:
        rounds: folders with a `Round` in ``result.json`` and, unless it has an aggregate, its
            ``samples.npz``.
        folder: gets the pooled ``samples.npz``: uint32 ``samples_ns`` (runs,), int32 ``round``
            (runs,). Equal rounds make equal bytes.

    Raises:
        StageError: a round is missing, torn or empty.
    """
    import numpy as np

    if not rounds:
        raise StageError("no round was timed", where=str(target))
    read = [_read(place) for place in rounds]
    read.sort(key=lambda pair: pair[0].number)
    made = [round_ for round_, _ in read]
    tool = tool_of(target)
    doubts = tuple(tool.doubts(settings, made))
    if any(round_.aggregate for round_ in made):
        timing = aggregates.pool(settings, target, made, doubts)
        return _with(timing, tool.details(made)), made[0].delegation
    parts = [part.samples_ns for _, part in read]
    queries = [part.query_ns for _, part in read if part.query_ns is not None]
    numbers = np.repeat(
        np.array([round_.number for round_ in made], dtype=np.int32), [len(part) for part in parts]
    )
    pooled = np.concatenate(parts)
    sha256 = samples.write(folder, pooled, round=numbers)
    us = pooled / 1000
    quantiles = np.quantile(us, np.linspace(0, 1, 101))
    judged, reasons = verdict.judge(settings, target, made, parts, doubts)
    timing = Timing(
        verdict=judged,
        reasons=reasons,
        rounds=len(made),
        runs=len(pooled),
        timed=made[0].timed,
        median_us=float(np.median(us)),
        mean_us=float(us.mean()),
        std_us=float(us.std(ddof=1)) if len(us) > 1 else 0.0,
        min_us=float(us.min()),
        p90_us=float(quantiles[90]),
        p95_us=float(quantiles[95]),
        p99_us=float(quantiles[99]),
        query_us=float(np.median(np.concatenate(queries))) / 1000 if queries else None,
        tap=_tap(made),
        update=_update(made),
        round_medians_us=tuple(float(np.median(part)) / 1000 for part in parts),
        quantiles_us=tuple(round(float(value), 4) for value in quantiles),
        load_us=median(round_.load_us for round_ in made),
        first_us=median(round_.first_us for round_ in made),
        peak_memory_bytes=max(round_.peak_memory_bytes for round_ in made),
        samples=sha256,
        ops_us=_ops_us(made),
        details=_details(made),
    )
    return _with(timing, tool.details(made)), made[0].delegation


def _with(timing: Timing, details: dict[str, Any]) -> Timing:
    return msgspec.structs.replace(timing, details=timing.details | details)


def _read(place: Path) -> tuple[Round, Any]:
    """One round and its samples; None where the tool keeps them."""
    try:
        round_ = msgspec.json.decode((place / "result.json").read_bytes(), type=Round)
        part = None if round_.aggregate else samples.read(place)
    except TORN as error:
        raise StageError(f"cannot read a round: {error}", where=str(place)) from error
    if part is None:
        return round_, part
    if not len(part.samples_ns):
        raise StageError("a round without samples", where=str(place))
    lengths = {len(column) for column in part if column is not None}
    if lengths != {round_.runs}:
        raise StageError(
            f"a round of {round_.runs} runs with {max(lengths)} samples", where=str(place)
        )
    return round_, part


def _tap(made: Sequence[Round]) -> TapTiming | None:
    """The other signature, where every round timed it."""
    if not all(one.tap_us for one in made):
        return None
    return TapTiming(
        median_us=median(one.tap_us for one in made),
        round_medians_us=tuple(one.tap_us for one in made),
        ratio=median(one.tap_us / one.median_us for one in made),
    )


def _update(made: Sequence[Round]) -> UpdateTiming | None:
    """A step of learning, where every round timed it."""
    if not all(one.update_us for one in made):
        return None
    return UpdateTiming(
        median_us=median(one.update_us for one in made),
        round_medians_us=tuple(one.update_us for one in made),
    )


def _ops_us(made: Sequence[Round]) -> dict[str, float]:
    """Of the round that profiled its operators, to a thousandth of a microsecond."""
    found: dict[str, float] = next((one.ops_us for one in made if one.ops_us), {})
    return {name: round(us, 3) for name, us in found.items()}


def _ops(made: Sequence[Round]) -> dict[str, Any]:
    """How much of a query the operators' times explain, or why there are none."""
    ops = next((one.ops for one in made if one.ops), None)
    if ops is None:
        return {}
    if ops.reason:
        return {"ops": {"reason": ops.reason}}
    covered = 1 - ops.us.get(REST, 0.0) / ops.whole_us
    known = {"source": ops.source, "runs": ops.runs, "whole_us": round(ops.whole_us, 3)}
    return {"ops": {**known, "covered": round(covered, 4)}}


def _clock(watches: Sequence[Stopwatch]) -> dict[str, Any]:
    """What measuring cost; nothing where no round tells."""
    if not watches:
        return {}
    return {
        "clock_tick_ns": max(watch.tick_ns for watch in watches),
        "clock_overhead_ns": median(watch.clock_overhead_ns for watch in watches),
        "call_overhead_ns": median(watch.call_overhead_ns for watch in watches),
    }


def _details(made: Sequence[Round]) -> dict[str, Any]:
    """What does not fit a record's fields but explains its numbers, one value per round."""
    watches = [round_.stopwatch for round_ in made if round_.stopwatch]
    return {
        "timed": made[0].said or TIMED[made[0].timed],
        "runtime": made[0].runtime,
        "subgraphs": made[0].subgraphs,
        "contexts": made[0].contexts,
        "memory_source": made[0].memory_source,
        **_clock(watches),
        "warmup_runs": [round_.warmup_runs for round_ in made],
        "instances": made[0].instances,
        "began": [round_.began for round_ in made],
        "surroundings": [msgspec.to_builtins(round_.surroundings) for round_ in made],
        **_ops(made),
    }
