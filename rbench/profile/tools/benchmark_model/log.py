"""What the tool's log says, all builds of it.

The tool writes its own lines to standard output, the runtime's and all errors to standard error;
on a phone both also go to logcat. `read_log` takes them in any mixture. A line that is not ended
was cut, and is not read: half a number is another number.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec

from rbench.profile.tools.benchmark_model.stat import NUMBER, Stat, read_stat

T = TypeVar("T")

_PREFIX = re.compile(
    r"(?:.*?\b(?:tflite|litert)\s*:\s+)?"
    r"(?:(?P<severity>INFO|WARN|WARNING|VERBOSE|ERROR|FATAL):\s*)?"
    r"(?:\[[^\]]*?:\d+\]\s*)?"
)
_RUNNING = re.compile(
    rf"Running benchmark for at least (?P<runs>\d{{1,15}}) iterations and at least {NUMBER} "
    rf"seconds but terminate if exceeding {NUMBER} seconds\.",
    re.ASCII,
)
_TIMINGS = re.compile(
    rf"Inference timings in us: Init: (?P<init>{NUMBER}), First inference: (?P<first>{NUMBER}), "
    rf"Warmup \(avg\): (?P<warmup>{NUMBER}), Inference \(avg\): (?P<avg>{NUMBER})",
    re.ASCII,
)
_OLD_TIMINGS = re.compile(
    rf"Average inference timings in us: Warmup: (?P<warmup>{NUMBER}), Init: (?P<init>{NUMBER}), "
    rf"Inference: (?P<avg>{NUMBER})",
    re.ASCII,
)
_MEMORY = re.compile(
    rf"(?:Memory footprint delta from the start of the tool|Peak memory footprint) \(MB\): "
    rf"init=(?P<init>{NUMBER}) overall=(?P<overall>{NUMBER})",
    re.ASCII,
)
_PEAK = re.compile(
    rf"Overall peak memory footprint \(MB\) via periodic monitoring: (?P<peak>{NUMBER})", re.ASCII
)
_APPLIED = re.compile(
    r"Explicitly applied (?P<name>.+?) delegate, and the model graph will be "
    r"(?P<how>completely|partially) executed by the delegate"
    r"(?: w/ (?P<kernels>\d{1,9}) delegate kernels)?\.",
    re.ASCII,
)
_REPLACED = re.compile(
    r"Replacing (?P<nodes>\d{1,9}) out of (?P<total>\d{1,9}) node\(s\) with delegate \([^)]+\) "
    r"node, yielding \d+ partitions (?:for the whole graph|for subgraph 0(?: \([^)]*\))?)\.",
    re.ASCII,
)


_PARAMETER = re.compile(r"(?P<what>[^\[\]]*[^\[\]\s])\s*: \[(?P<value>.*)\]")
_PARAMETERS_END = ("Loaded model", "Running benchmark")


class Timings(msgspec.Struct, frozen=True, kw_only=True):
    """The tool's last word, in microseconds."""

    init: float
    """Making the interpreter, applying delegates, allocating tensors."""
    first: float | None
    """The first inference; None in a very old build's log."""
    warmup: float
    avg: float


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """A delegate that the tool applied."""

    name: str
    """As the tool calls it: ``XNNPACK``, ``GPU``."""
    completely: bool
    kernels: int
    """Pieces of the graph that it took."""


class Log(msgspec.Struct, frozen=True, kw_only=True):
    """What was read. What was not said is None or empty."""

    parameters: tuple[tuple[str, str], ...] = ()
    """(description, value) of each that the tool says it was given."""
    phases: tuple[tuple[int, Stat], ...] = ()
    """(least runs asked for, what came of it): the warm-up, then what counts."""
    timings: Timings | None = None
    init_mb: float | None = None
    """Growth of the tool's peak resident memory by making the session, in units of 1024 KB."""
    overall_mb: float | None = None
    """The same at the end; holds the tool's own samples."""
    peak_mb: float | None = None
    applied: tuple[Applied, ...] = ()
    replaced: tuple[int, int] | None = None
    """Of the query's graph, (nodes that a delegate took, all nodes): only some builds tell."""
    implicit_xnnpack: bool = False
    """Whether the runtime said that it made an XNNPACK delegate, by whomever asked for."""
    warnings: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    """Without repetitions, in the order of their first appearance."""


def read_log(text: str) -> Log:
    """Read a log. Lines of no meaning here are passed over, whatever they hold."""
    said = [_split(line) for line in text.split("\n")[:-1]]
    lines = [line for _, line in said]
    timings, memory = _last(lines, _timings), _last(lines, _memory)
    return Log(
        parameters=tuple(_parameters(lines)),
        phases=tuple(_phases(lines)),
        timings=timings,
        init_mb=memory[0] if memory else None,
        overall_mb=memory[1] if memory else None,
        peak_mb=_last(lines, _peak),
        applied=tuple(filter(None, map(_applied, lines))),
        replaced=_last(lines, _replaced),
        implicit_xnnpack=any("XNNPACK delegate for CPU" in line for line in lines),
        warnings=_distinct(line for severity, line in said if severity.startswith("WARN")),
        errors=_distinct(line for severity, line in said if severity in ("ERROR", "FATAL")),
    )


def _split(line: str) -> tuple[str, str]:
    """Severity, empty where none is said (old builds), and the rest."""
    found = _PREFIX.match(line)
    assert found is not None  # it matches nothing, too
    return found["severity"] or "", line[found.end() :].rstrip()


def _parameters(lines: Iterable[str]) -> Iterable[tuple[str, str]]:
    """The tool tells them first; what comes after the model may look alike."""
    for line in lines:
        if line.startswith(_PARAMETERS_END):
            return
        if found := _PARAMETER.fullmatch(line):
            yield found["what"], found["value"]


def _phases(lines: Iterable[str]) -> Iterable[tuple[int, Stat]]:
    """Each announcement with the statistics that follow it: an op profile has some of its own."""
    asked: int | None = None
    for line in lines:
        announced = _RUNNING.fullmatch(line)
        if announced:
            asked = int(announced["runs"])
        elif asked is not None and (stat := read_stat(line)) is not None:
            yield asked, stat
            asked = None


def _timings(line: str) -> Timings | None:
    found = _TIMINGS.fullmatch(line) or _OLD_TIMINGS.fullmatch(line)
    if found is None:
        return None
    said = {name: float(value) for name, value in found.groupdict().items()}
    if not all(0 <= value < math.inf for value in said.values()):
        return None
    return Timings(
        init=said["init"], first=said.get("first"), warmup=said["warmup"], avg=said["avg"]
    )


def _memory(line: str) -> tuple[float, float] | None:
    found = _MEMORY.fullmatch(line)
    said = (float(found["init"]), float(found["overall"])) if found else (-1.0, -1.0)
    return said if all(0 <= value < math.inf for value in said) else None


def _peak(line: str) -> float | None:
    found = _PEAK.fullmatch(line)
    return float(found["peak"]) if found else None


def _applied(line: str) -> Applied | None:
    found = _APPLIED.fullmatch(line)
    if found is None or (found["kernels"] is None) != (found["how"] == "completely"):
        return None
    return Applied(
        name=found["name"],
        completely=found["how"] == "completely",
        kernels=int(found["kernels"] or 1),
    )


def _replaced(line: str) -> tuple[int, int] | None:
    found = _REPLACED.fullmatch(line)
    return (int(found["nodes"]), int(found["total"])) if found else None


def _last(lines: Iterable[str], read: Callable[[str], T | None]) -> T | None:
    found = [value for value in map(read, lines) if value is not None]
    return found[-1] if found else None


def _distinct(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(lines))
