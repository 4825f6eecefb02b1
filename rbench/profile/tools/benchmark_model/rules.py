"""When what the tool says is no measurement.

The tool is made to go on: an unknown flag, a delegate that is not there or an operator that fails
leave it measuring something else, often with exit code 0. Every rule here stands for one way in
which it was seen, or is written, to do so.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator, Sequence

from rbench.errors import Killed, StageError
from rbench.profile.delegates import SIMULATORS
from rbench.profile.tools.benchmark_model.log import Log
from rbench.profile.tools.benchmark_model.protos import Result
from rbench.profile.tools.benchmark_model.stat import ROUNDING, Stat
from rbench.system.guard import PASSING_SIGNALS

DELEGATES = {"xnnpack": "XNNPACK", "gpu": "GPU"}
"""Ours -> as the tool calls it."""
_LIES = (
    ("GPU acceleration is unsupported", "this build of the tool has no GPU"),
    ("delegate is explicitly applied, the model graph will not be executed", "took no node"),
    ("but flags call it", "the input has another name"),
    ("Failed to apply", "the delegate refused the model"),
    ("Disallowed CPU fallback", "the delegate left nodes to the CPU"),
)
"""What a line holds -> what it means."""
UNCONSUMED = "Unconsumed cmdline flags:"
_NO_FAULT = "Following operations are not supported by GPU delegate"
"""The GPU delegate's way of saying what it leaves to the CPU."""
_SIMULATORS = (*SIMULATORS, "softpipe", "swrast", "pocl", "portable computing")
"""What adapters call themselves that are a GPU in name only."""
_CHATTER = re.compile(r"(?:INFO|VERBOSE|WARN|WARNING|ERROR):|usage:|\t?--\w+=", re.IGNORECASE)
"""Lines of standard error that are no cause, or were told already."""
_OWN_WORDS = ("info: graph:", "graph:", "info: loaded model", "loaded model")
_EMPTY_WORDS = ("Benchmarking failed.", "usage:")
_SHELL_SIGNAL = 128


class Measured:
    """The two phases that were found, once no rule spoke against them."""

    def __init__(self, warmup: Stat, stat: Stat) -> None:
        self.warmup = warmup
        self.stat = stat


def check(
    log: Log,
    lines: Sequence[str],
    code: int,
    *,
    delegate: str,
    runs: int,
    where: str,
    complaints: str = "",
) -> Measured:
    """Find what was measured, or say why nothing was.

    Args:
        lines: the log's raw lines, for what `Log` does not hold.
        code: the tool's exit code; negative, or beyond 128 from a shell: a signal.
        delegate: the one that was asked for, ``cpu`` for plain kernels.
        runs: timed inferences that were asked for, at least.
        complaints: what it wrote to standard error, where that is known apart.

    Raises:
        StageError: a rule speaks against it.
    """
    for reason in _reasons(log, lines, code, delegate, runs, complaints):
        raise (Killed if _signal(code) in PASSING_SIGNALS else StageError)(reason, where=where)
    (_, warmup), (_, stat) = log.phases
    return Measured(warmup, stat)


def _reasons(
    log: Log, lines: Sequence[str], code: int, delegate: str, runs: int, complaints: str
) -> Iterator[str]:
    yield from _refusals(log, lines)
    if code:
        yield _cause(code) + (_words(log) or _last(complaints) or " and said nothing")
    if not all(line.startswith(_NO_FAULT) for line in log.errors):
        yield f"the tool left with code 0 but complained{_words(log)}"
    yield from _incomplete(log, runs)
    yield from _fallback(log, delegate)


def _refusals(log: Log, lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        _, found, flags = line.partition(UNCONSUMED)
        if found:
            yield f"the tool does not know all it was asked for, and ran without: {flags.strip()}"
        for words, meaning in _LIES:
            if words in line:
                yield f"{meaning}: {line.strip()}"


def _fallback(log: Log, delegate: str) -> Iterator[str]:
    names = [applied.name for applied in log.applied]
    if delegate == "cpu":
        if names or log.implicit_xnnpack:
            yield f"plain kernels were asked for, but {', '.join(names) or 'XNNPACK'} was applied"
        return
    wanted = DELEGATES[delegate]
    if names != [wanted]:
        said = f"it applied {', '.join(names)}" if names else "it applied none"
        yield f"the delegate {wanted} was asked for, but the tool does not say that it ran: {said}"
    elif not log.applied[0].kernels:
        yield f"the delegate {wanted} was applied, but made no kernel"


def _incomplete(log: Log, runs: int) -> Iterator[str]:
    """Including what does not fit together: lines torn by cuts or by other writers."""
    if len(log.phases) != 2:
        yield f"the log tells of {len(log.phases)} phases, not of warm-up and measurement"
        return
    if log.timings is None:
        yield "the log ends before the inference timings"
        return
    (_, warmup), (asked, stat) = log.phases
    if not stat.count or not warmup.count:
        yield "the tool made no timed run" if warmup.count else "the tool made no warm-up run"
        return
    if asked != runs:
        yield f"the tool was asked for {runs} runs and understood {asked}"
    if stat.count < runs:
        yield (
            f"too few runs: {stat.count} of {runs} before the maximum of time; raise "
            "profile.max_seconds or ask for fewer profile.min_runs"
        )
    pairs = [
        (log.timings.avg, stat.avg, "mean"),
        (log.timings.warmup, warmup.avg, "mean of the warm-up"),
        (log.timings.first, warmup.first, "first inference"),
    ]
    for one, other, what in pairs:
        if one is not None and abs(one - other) > ROUNDING * max(other, 1):
            yield f"the log contradicts itself: its {what} is {one:g} and {other:g} us"


def simulated(lines: Sequence[str]) -> bool:
    """Whether the log names an adapter that simulates a GPU on the CPU.

    An adapter speaks of itself; a model's path that holds such a word does not count.
    """
    said = [line.lower() for line in lines if not line.lower().startswith(_OWN_WORDS)]
    return any(name in line for line in said for name in _SIMULATORS)


def agree(result: Result, measured: Measured, where: str) -> None:
    """The result file must say what the log says.

    Raises:
        StageError: it is of another run, or one of the two is torn.
    """
    stat = measured.stat
    pairs = [
        ("runs", result.runs, stat.count),
        ("warm-up runs", result.warmup_runs, measured.warmup.count),
        ("mean", result.avg, stat.avg),
        ("minimum", result.min, stat.min),
        ("maximum", result.max, stat.max),
        ("standard deviation", result.std, stat.std),
    ]
    quantiles = [
        ("5 % quantile", result.p5, stat.p5),
        ("median", result.median, stat.median),
        ("95 % quantile", result.p95, stat.p95),
    ]
    pairs += [(name, x, y) for name, x, y in quantiles if x is not None and y is not None]
    for what, one, other in pairs:
        if abs(one - other) > ROUNDING * max(abs(other), 1):
            raise StageError(
                f"the result file contradicts the log: its {what} is {one:g}, there {other:g}",
                where=where,
            )


def _signal(code: int) -> int:
    """The number of the signal that an exit code tells of; 0 or less where it tells of none."""
    return -code if code < 0 else code - _SHELL_SIGNAL


def _cause(code: int) -> str:
    number = _signal(code)
    if number > 0:
        try:
            return f"the tool died of {signal.Signals(number).name}"
        except ValueError:
            pass
    return f"the tool left with code {code}"


def _words(log: Log) -> str:
    """The first complaints; a failing operator repeats its own for every run."""
    kept = [line for line in log.errors if not line.startswith(_EMPTY_WORDS)][:3]
    return ": " + " | ".join(line.strip() for line in kept) if kept else ""


def _last(complaints: str) -> str:
    """The last line of standard error, whoever wrote it: a loader or a wrapper marks none of its
    own as errors.
    """
    lines = [line.strip() for line in complaints.splitlines()]
    kept = [line for line in lines if line and not _CHATTER.match(line)]
    return f": {kept[-1]}" if kept else ""
