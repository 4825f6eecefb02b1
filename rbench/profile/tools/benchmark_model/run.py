"""One round of the ``benchmark_model`` tool."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Protocol

import msgspec

from rbench.cells.target import Target
from rbench.errors import StageError
from rbench.profile import loop
from rbench.profile.result import Aggregate, Round, Surroundings
from rbench.profile.settings import ProfileSettings
from rbench.profile.state import unreset
from rbench.profile.surroundings import Watch
from rbench.profile.tools.benchmark_model import command, echo, inputs, ops, protos, rules
from rbench.profile.tools.benchmark_model.launch import Said, launch
from rbench.profile.tools.benchmark_model.log import Log, read_log
from rbench.profile.tools.benchmark_model.tool import build, build_hash, find, help_of
from rbench.records import Delegation
from rbench.system import extras, temporary

TIMED = (
    "one inference as the tool times it, in native code; the same context each time, written "
    "before the clock starts; the state of a recurrent layer is not reset between runs"
)
OPS = "from a run of its own with the tool's profiler"
SLACK = 0.5
"""The tool's minimum is of time passed, its own work between the inferences included; a round
whose inferences make up less than two thirds of it is short."""
MEMORY = "benchmark_model: growth of ru_maxrss by making the session"


class Seat(Protocol):
    """Where the tool runs: this host, or a phone.

    The tool is started in a folder of its own, with the value file in it. Once `launch` is back,
    what the tool wrote there lies in the local folder that the seat was made with.
    """

    sha256: str
    """Of the tool's executable."""

    def settle(self, model: Path) -> str:
        """Make model and value file ready; the model's name for the tool."""

    def launch(self, flags: tuple[str, ...], timeout_s: float) -> Said:
        """Run the tool once."""

    def surroundings(self) -> Surroundings:
        """What else ran since `settle`, or since the seat was last asked."""


class Host:
    """The tool as a process of this machine, in the given folder."""

    def __init__(self, tool: Path, folder: Path, where: str) -> None:
        self.sha256 = build_hash(tool)
        self._tool, self._folder, self._where = tool, folder, where
        self._watch = Watch(children=True)

    def settle(self, model: Path) -> str:
        self._watch = Watch(children=True)
        (self._folder / command.MODEL).symlink_to(model.resolve())
        return command.MODEL

    def launch(self, flags: tuple[str, ...], timeout_s: float) -> Said:
        return launch(self._tool, flags, self._folder, timeout_s=timeout_s, where=self._where)

    def surroundings(self) -> Surroundings:
        return self._watch.stop()


def run(
    settings: ProfileSettings,
    model: Path,
    target: Target,
    contexts: Path,
    number: int,
    folder: Path,
) -> Round:
    """One round on this host, see `rbench.profile.measure.measure`.

    Raises:
        Unsupported: the tool is not here.
        StageError: what it says is no measurement.
    """
    tool = find(str(target))
    help_of(tool, str(target))
    extras.require("profile", f"timing on the target {target}")
    with temporary.folder() as place:
        seat = Host(tool, place, str(target))
        return time_round(settings, model, target, contexts, number, seat, place)


def time_round(
    settings: ProfileSettings,
    model: Path,
    target: Target,
    contexts: Path,
    number: int,
    seat: Seat,
    place: Path,
) -> Round:
    """One round, wherever the tool sits.

    The tool reads its input once and asks the same again and again: a round is about one real
    context, each round about another.

    Args:
        place: the local folder that the seat was made with.

    Raises:
        StageError: what the tool says is no measurement.
    """
    where = str(target)
    entry = inputs.read_entry(model, where)
    rows = inputs.read_contexts(contexts, entry, where)
    offset = loop.first_context(number, settings.rounds, len(rows))
    (place / command.VALUES).write_bytes(inputs.value_bytes(rows[offset % len(rows)]))
    graph = seat.settle(model)
    until = time.monotonic() + settings.timeout_seconds
    flags = command.latency(settings, graph, entry, target)
    timed = seat.launch(flags, until - time.monotonic())
    surroundings = seat.surroundings()
    log, measured, result = _timed(timed, place, target, command.runs_of(settings))
    echo.check(log.parameters, flags, where)
    flags = command.op_profile(settings, graph, entry, target)
    looked = seat.launch(flags, until - time.monotonic())
    delegation, ops_us = _profiled(looked, place, target, entry, timed, flags)
    stat = measured.stat
    median = _told(result.median if result else None, stat.median)
    if median is None or log.timings is None:
        raise StageError("this build of the tool is too old: it tells no median", where=where)
    kilobytes = result.init_kb if result else None
    return Round(
        number=number,
        runs=stat.count,
        warmup_runs=measured.warmup.count,
        median_us=median,
        load_us=log.timings.init,
        first_us=measured.warmup.first,
        peak_memory_bytes=1024 * kilobytes if kilobytes is not None else _bytes(log.init_mb),
        memory_source=MEMORY,
        delegation=delegation,
        subgraphs=entry.subgraphs,
        contexts=1,
        offset=offset,
        unreset=unreset(model, resets=False),
        said=TIMED,
        runtime=f"benchmark_model {build(seat.sha256)}",
        surroundings=surroundings,
        aggregate=Aggregate(
            mean_us=result.avg if result else stat.avg,
            std_us=stat.std,
            min_us=stat.min,
            max_us=stat.max,
            p5_us=stat.p5,
            p95_us=stat.p95,
            source="result file and log" if result else "log",
            slack=SLACK,
            ops=OPS,
        ),
        ops_us=ops_us,
        tool=build(seat.sha256),
    )


def _told(first: float | None, second: float | None) -> float | None:
    return second if first is None else first


def _bytes(mb: float | None) -> int:
    """The tool's MB are 1024 KB; 0 where it did not tell."""
    return round((mb or 0.0) * 1024 * 1024)


def _timed(
    said: Said, place: Path, target: Target, runs: int
) -> tuple[Log, rules.Measured, protos.Result | None]:
    """What was measured; the result file first, the log beside it."""
    where = str(target)
    log = read_log(said.text)
    measured = rules.check(
        log,
        said.lines,
        said.code,
        delegate=target.backend,
        runs=runs,
        where=where,
        complaints=said.complaints,
    )
    file = place / command.RESULT
    if not file.is_file():
        return log, measured, None
    try:
        result = protos.read_result(file.read_bytes())
    except StageError as error:
        raise StageError(f"the result file cannot be read: {error.what}", where=where) from error
    rules.agree(result, measured, where)
    return log, measured, result


def _profiled(
    said: Said,
    place: Path,
    target: Target,
    entry: inputs.Entry,
    timed: Said,
    flags: tuple[str, ...],
) -> tuple[Delegation, dict[str, float]]:
    """Who ran which node, and what each type of node took."""
    where = str(target)
    log = read_log(said.text)
    lines = [line for line in said.lines if not _only_info_flags(line)]
    runs = command.PROFILE_RUNS
    rules.check(
        log,
        lines,
        said.code,
        delegate=target.backend,
        runs=runs,
        where=where,
        complaints=said.complaints,
    )
    echo.check(log.parameters, flags, where)
    if log.applied != read_log(timed.text).applied:
        raise StageError("the delegate took other nodes in the run with the profiler", where=where)
    try:
        csv, info = place / command.OPS, place / command.INFO
        nodes = ops.read_ops(csv.read_text(errors="replace") if csv.is_file() else said.text)
        if info.is_file():
            found = protos.read_runtime_info(info.read_bytes(), target.backend)
        else:
            found = _from_ops(nodes, entry, target, log)
    except StageError as error:
        raise StageError(error.what, where=where) from error
    if log.replaced and log.replaced != (found.nodes_delegated, found.nodes_total):
        raise StageError(
            f"the tool contradicts itself: a delegate took {log.replaced[0]} of {log.replaced[1]} "
            f"nodes in the log, {found.nodes_delegated} of {found.nodes_total} in the graph",
            where=where,
        )
    kernels = sum(applied.kernels for applied in log.applied)
    complete = any(applied.completely for applied in log.applied)
    if found.partitions != kernels or (complete and found.left_behind):
        raise StageError(
            f"the tool contradicts itself: {kernels} delegate kernels in the log, "
            f"{found.partitions} in the graph, {sum(found.left_behind.values())} nodes left",
            where=where,
        )
    software = target.delegate == "gpu" and rules.simulated([*timed.lines, *said.lines])
    return msgspec.structs.replace(found, software=software), ops.by_type(nodes)


def _from_ops(nodes: list[ops.Op], entry: inputs.Entry, target: Target, log: Log) -> Delegation:
    """Without the runtime's own account: nodes that the profiler saw outside the delegate."""
    left = Counter(node.type for node in nodes if not node.delegated)
    outside = sum(left.values())
    if outside > entry.nodes or (target.delegate == "cpu" and outside != entry.nodes):
        raise StageError(f"the op profile holds {outside} of the graph's {entry.nodes} nodes")
    return Delegation(
        delegate=target.backend,
        nodes_total=entry.nodes,
        nodes_delegated=entry.nodes - outside,
        partitions=sum(applied.kernels for applied in log.applied),
        left_behind={} if target.delegate == "cpu" else dict(sorted(left.items())),
    )


def _only_info_flags(line: str) -> bool:
    """Whether a line complains of nothing but the flags that some builds have not."""
    _, found, flags = line.partition(rules.UNCONSUMED)
    return bool(found) and all(
        flag.partition("=")[0] in command.INFO_FLAGS for flag in flags.split()
    )
