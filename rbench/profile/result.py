"""What one round of timing leaves behind."""

from __future__ import annotations

from typing import Any

import msgspec

from rbench.records import Delegation, Machine, Timed

TIMED = {
    "invoke": "one inference, from asking the runtime to run until it has answered; setting the "
    "input, resetting the state and reading the outputs is in query_us alone",
    "query": "one query: the input is written, the runtime asked to run, and all outputs read into "
    "the host's memory, which is when a GPU is done; no state is reset",
}
"""What one run is, in words."""


class Stopwatch(msgspec.Struct, frozen=True, kw_only=True):
    """What the measuring itself costs, in nanoseconds. Recorded, never subtracted."""

    tick_ns: int
    """Smallest step of the clock that was seen."""
    clock_overhead_ns: float
    """Median of timing nothing at all."""
    call_overhead_ns: float
    """Median of timing an empty call into the runtime: the floor below any sample."""


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What else the machine did during the timed runs. None: the system does not tell."""

    cores: int
    """Cores that the process may use."""
    others_cores: float | None = None
    """Cores that other processes kept busy, on average."""
    stolen_share: float | None = None
    """Share of the machine's time that a hypervisor gave to others, 0 to 1."""
    switches: int = 0
    """How often the timing process was taken off its core."""
    load_average: float | None = None
    """Of the last minute, at the start; it still holds what ran before."""


class Aggregate(msgspec.Struct, frozen=True, kw_only=True):
    """What a tool that keeps its samples to itself tells of a round, in microseconds."""

    mean_us: float
    std_us: float
    """Of the population."""
    min_us: float
    max_us: float
    p5_us: float | None = None
    p95_us: float | None = None
    resolution_us: float = 1.0
    """Step in which the tool counts a single run."""
    source: str
    """Which of the tool's outputs it was read from."""
    slack: float = 0.0
    """Part of the time that was asked for, which the tool may spend between its runs."""
    ops: str = ""
    """Where times of operators come from, in words."""


REST = "(rest)"
"""What no operator's time accounts for: the runtime's own work, the profiler's, and what a delegate
cuts off, whose operators are told in whole microseconds. With it, shares are those of the query."""


class Ops(msgspec.Struct, frozen=True, kw_only=True):
    """What a profiler told of a file, in a pass of its own."""

    runs: int
    """Queries that the means are over; all that were made, where there are none."""
    us: dict[str, float] = {}
    """Operator, or a delegate's own operator -> mean microseconds per query."""
    whole_us: float = 0.0
    """Mean of a whole query with the profiler on."""
    reason: str = ""
    """Why there are none."""
    source: str = ""
    """Who told, and how to read it."""


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """One file, timed once in one process. ``samples.npz``, uint32 ``samples_ns`` (runs,), lies
    beside it, or it has an `aggregate`.
    """

    number: int
    """Which round of its cell, from 0."""
    runs: int
    """Timed inferences."""
    median_us: float
    load_us: float
    """Making the interpreter and allocating its tensors; the file is in the page cache."""
    first_us: float
    """The first inference after that."""
    contexts: int
    """Real contexts that the runs cycled through."""
    offset: int
    """The context that the round began with."""
    runtime: str
    """Version of the runtime, e.g. ``ai-edge-litert 2.3.0``."""
    surroundings: Surroundings
    delegation: Delegation | None = None
    """None: the tool does not tell, see `rbench.cells.delegate.Delegate.takes`."""
    tap_us: float = 0.0
    """Median of a run of the signature `tap`; 0: there is none, or it was not timed."""
    update_us: float = 0.0
    """Median of a run of `update`; 0: the file does not learn, or it was not timed."""
    warmup_runs: int = 0
    peak_memory_bytes: int = 0
    """Growth of peak resident memory from before loading to after the warm-up; 0: not known."""
    memory_source: str = ""
    """What the operating system was asked for it."""
    subgraphs: int = 1
    """Graphs in the file. Delegation counts the nodes of the first one, which is the query's."""
    instances: int = 1
    """Interpreters that were made in the process and timed in turn."""
    unreset: str = ""
    """What of the file's state was not set back between runs, in words; empty: nothing."""
    timed: Timed = "invoke"
    """What a sample is, and ``median_us``."""
    batch: int = 1
    """Inferences that a sample is the mean of, where a clock is too coarse for one."""
    said: str = ""
    """The same in whole words, for the record."""
    began: float = 0.0
    """When the timed runs began, seconds since 1970, UTC."""
    stopwatch: Stopwatch | None = None
    """None: the tool does not tell what its measuring costs."""
    aggregate: Aggregate | None = None
    ops_us: dict[str, float] = {}
    """Operator, or a delegate's kernel -> mean microseconds, from a run of its own."""
    ops: Ops | None = None
    """More on ``ops_us``, where the tool's profiler is LiteRT's own."""
    tool: str = ""
    """Which build of the tool it was, as `rbench.profile.tool.Tool.build` says it."""
    machine: Machine | None = None
    """The device; None: this host."""
    state: dict[str, Any] = {}
    """What the tool noted of the device besides, for its own doubts and details."""
