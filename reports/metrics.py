"""What a cell is judged by: every number that the matrix, the charts and the table can show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from rbench.records import Estimate, Record
from rbench_reports.numbers import Kind


@dataclass(frozen=True)
class Metric:
    """One number of a cell."""

    key: str
    label: str
    kind: Kind
    better: Literal["high", "low"]
    of: Literal["file", "cell"]
    """Whether it belongs to the file, and is alike on every target, or to the cell."""
    read: Callable[[Record], float | None]
    meaning: str


def estimate(record: Record, name: str) -> Estimate | None:
    """A quality metric with its interval, where it was scored."""
    return record.quality.metrics.get(name) if record.quality else None


def _score(name: str) -> Callable[[Record], float | None]:
    def read(record: Record) -> float | None:
        found = estimate(record, name)
        return found.value if found else None

    return read


def _model(field: str) -> Callable[[Record], float | None]:
    return lambda record: getattr(record.model, field) if record.model else None


def _time(field: str) -> Callable[[Record], float | None]:
    """A time; a GPU that is simulated on the CPU has none."""

    def read(record: Record) -> float | None:
        simulated = record.delegation is not None and record.delegation.software
        return getattr(record.timing, field) if record.timing and not simulated else None

    return read


def _memory(record: Record) -> float | None:
    return (record.timing.peak_memory_bytes or None) if record.timing else None


def _delegated(record: Record) -> float | None:
    found = record.delegation
    return found.nodes_delegated / found.nodes_total if found and found.nodes_total else None


NDCG = Metric(
    "ndcg", "NDCG@10", "score", "high", "file", _score("ndcg@10"), "ranking quality of the top 10"
)
RECALL = Metric(
    "recall",
    "Recall@10",
    "score",
    "high",
    "file",
    _score("recall@10"),
    "share of users whose next item is in the top 10",
)
SIZE = Metric("size", "Size", "bytes", "low", "file", _model("size_bytes"), "the .tflite as it is")
GZIP = Metric(
    "gzip",
    "Size, gzip",
    "bytes",
    "low",
    "file",
    _model("gzip_bytes"),
    "the .tflite compressed, as app stores deliver it",
)
P50 = Metric("p50", "Latency, p50", "us", "low", "cell", _time("median_us"), "median of one query")
P95 = Metric(
    "p95", "Latency, p95", "us", "low", "cell", _time("p95_us"), "19 of 20 queries are faster"
)
MEMORY = Metric(
    "memory", "Memory", "bytes", "low", "cell", _memory, "growth of the process's peak memory"
)
DELEGATED = Metric(
    "delegated",
    "Delegated",
    "share",
    "high",
    "cell",
    _delegated,
    "share of the graph's nodes that the delegate took",
)

METRICS = (NDCG, RECALL, SIZE, GZIP, P50, P95, MEMORY, DELEGATED)
