"""The tool's two result files.

Their messages are ``BenchmarkResult`` (LiteRT, ``tflite/tools/benchmark/proto/
benchmark_result.proto``) and ``ModelRuntimeDetails`` (``tflite/profiling/proto/
model_runtime_info.proto``).
"""

from __future__ import annotations

from collections import Counter

import msgspec

from rbench.errors import StageError
from rbench.profile.tools.benchmark_model.wire import (
    Fields,
    floats,
    integer,
    integers,
    messages,
    read_message,
    text,
)
from rbench.records import Delegation


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a run came to. Times are microseconds, from milliseconds in seven digits."""

    runs: int
    warmup_runs: int
    avg: float
    min: float
    max: float
    std: float
    median: float | None
    """None, as the other percentiles: an old build does not tell."""
    p5: float | None
    p95: float | None
    init: float
    first: float
    warmup: float
    init_kb: int | None = None
    """Growth of peak resident memory by making the session."""
    overall_kb: int | None = None


_LATENCY = {"avg": 1, "min": 2, "max": 3, "std": 4, "init": 8, "first": 9, "warmup": 10}


def read_result(content: bytes) -> Result:
    """Read what ``--result_file_path`` left.

    Raises:
        StageError: it is torn, or says too little or what cannot be.
    """
    message = read_message(content)
    latency = floats(_only(message, 2, "latency"))
    misc = _only(message, 4, "runs")
    memory = next(iter(messages(message, 3)), {})
    missing = sorted(name for name, number in _LATENCY.items() if number not in latency)
    if missing:
        raise StageError(f"the result file does not tell {', '.join(missing)}")
    if min(latency.values()) < 0:
        raise StageError("the result file holds negative times")
    us = {number: round(value * 1000, 6) for number, value in latency.items()}
    return Result(
        runs=integer(misc, 2) or 0,
        warmup_runs=integer(misc, 3) or 0,
        **{name: us[number] for name, number in _LATENCY.items()},
        median=us.get(5),
        p5=us.get(6),
        p95=us.get(7),
        init_kb=_kilobytes(memory, 1),
        overall_kb=_kilobytes(memory, 2),
    )


def read_runtime_info(content: bytes, delegate: str) -> Delegation:
    """Read what ``--export_model_runtime_info`` left: who runs which node of the first graph.

    Raises:
        StageError: it is torn, or holds no graph.
    """
    graphs = messages(read_message(content), 2)
    if not graphs:
        raise StageError("the runtime info holds no graph")
    names: dict[int, str] = {}
    taken: set[int] = set()
    partitions = 0
    for node in messages(graphs[0], 3):
        details = messages(node, 8)
        if details:
            partitions += 1
            taken.update(integers(details[0], 2))
        else:
            names[integer(node, 1) or 0] = text(node, 2)
    if not names or not taken <= set(names):
        raise StageError("the runtime info names nodes that it does not hold")
    left = Counter(name for number, name in names.items() if number not in taken)
    return Delegation(
        delegate=delegate,
        nodes_total=len(names),
        nodes_delegated=len(taken),
        partitions=partitions,
        left_behind={} if delegate == "cpu" else dict(sorted(left.items())),
    )


def _kilobytes(memory: Fields, number: int) -> int | None:
    """None where the tool could not tell: it writes -1."""
    found = integer(memory, number)
    return found if found is not None and found >= 0 else None


def _only(message: Fields, number: int, what: str) -> Fields:
    found = messages(message, number)
    if not found:
        raise StageError(f"the result file does not tell {what}")
    return found[-1]
