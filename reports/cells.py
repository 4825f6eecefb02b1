"""Records as a report sees them: a state as a word and a mark, numbers by metric."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from rbench.choose import bench_of, trusted
from rbench.records import Estimate, Record, Run
from rbench.records.caveats import asks_now
from rbench_reports.metrics import METRICS, NDCG, P50, Metric, estimate
from rbench_reports.numbers import SCORE, Scale, finite, scale


@dataclass(frozen=True)
class State:
    """What became of a cell, told by a word and a mark; colour only helps."""

    word: str
    mark: str
    meaning: str


STATES = {
    state.word: state
    for state in (
        State("ok", "✓", "measured, and the timing is stable"),
        State("unstable", "≈", "measured, but the rounds of the timing disagree"),
        State("invalid", "!", "the timing cannot be trusted: kept, never compared"),
        State("simulated", "◌", "ran on a GPU that the CPU simulates: correct, but no latency"),
        State("checked", "≡", "answers as this host does; the target is never timed"),
        State("failed", "✕", "the work for this cell failed"),
        State("unsupported", "⊘", "the platform cannot do this"),
        State("skipped", "↷", "not tried"),
    )
}

ASKS_NOW = " (knows when)"
"""Behind the name of an encoder that uses the moment of the request."""


@dataclass(frozen=True)
class Cell:
    """One record with what the page says about it."""

    number: int
    record: Record

    @property
    def encoder(self) -> str:
        return self.record.cell.encoder

    @property
    def recipe(self) -> str:
        return self.record.cell.recipe

    @property
    def target(self) -> str:
        return self.record.cell.target

    @property
    def name(self) -> str:
        """The encoder, with a word where it knows more than ids."""
        return f"{self.encoder}{ASKS_NOW}" if asks_now(self.record) else self.encoder

    @property
    def file(self) -> tuple[str, str]:
        """Which file it ran; cells of one file differ in their targets only."""
        return self.encoder, self.recipe

    @property
    def state(self) -> State:
        record = self.record
        if record.state != "ok":
            return STATES[record.state]
        if record.delegation and record.delegation.software:
            return STATES["simulated"]
        if record.check is not None:
            return STATES["checked"]
        verdict = record.timing.verdict if record.timing else "stable"
        return STATES["ok" if verdict == "stable" else verdict]

    @property
    def reason(self) -> str:
        """Why it is not simply ``ok``."""
        if self.record.state != "ok":
            stage = f"{self.record.stage}: " if self.record.stage else ""
            return stage + (self.record.reason or "no reason was recorded")
        if self.record.check is not None:
            return self.record.check.in_words
        reasons = self.record.timing.reasons if self.record.timing else ()
        return "; ".join(reasons) or (self.state.meaning if self.state.word != "ok" else "")

    @property
    def odd(self) -> bool:
        """Whether it deserves a word: it is not simply ``ok``, nor was it checked and returned the
        very items of this host.
        """
        check = self.record.check
        as_here = self.state.word == "checked" and check is not None and check.overlap == 1
        return self.state.word != "ok" and not as_here

    @property
    def bench(self) -> tuple[str, str]:
        """Machine and device: latencies are compared within one bench only."""
        return bench_of(self.record)

    def value(self, metric: Metric) -> float | None:
        """The number as recorded, perhaps not a number."""
        return metric.read(self.record)

    def usable(self, metric: Metric) -> float | None:
        """The number, if it may be compared with those of other cells."""
        known = trusted(self.record, of_the_file=metric.of == "file")
        return finite(self.value(metric)) if known else None

    @property
    def ndcg(self) -> Estimate | None:
        return estimate(self.record, "ndcg@10")


@dataclass(frozen=True)
class Sheet:
    """All cells of a run, and how each metric's column is written."""

    cells: tuple[Cell, ...]
    scales: dict[str, Scale]

    @classmethod
    def of(cls, run: Run) -> Sheet:
        """The sheet of a run, in the order of its records; those that use the moment of the request
        stand behind the others.
        """
        ordered = sorted(run.records, key=asks_now)
        cells = tuple(Cell(number, record) for number, record in enumerate(ordered))
        scales = {m.key: scale(m.kind, (cell.value(m) for cell in cells)) for m in METRICS}
        scales["p95"] = scales["p50"] if scales["p50"].unit == scales["p95"].unit else scales["p95"]
        return cls(cells, scales)

    def text(self, cell: Cell, metric: Metric) -> str:
        """A number alone; its unit stands in the column's head."""
        if metric.key == "delegated" and cell.record.delegation:
            found = cell.record.delegation
            return f"{found.nodes_delegated} of {found.nodes_total}"
        return self.scales[metric.key].text(cell.value(metric))

    def full(self, cell: Cell, metric: Metric) -> str:
        """A number with its unit."""
        if metric.key == "delegated":
            return self.text(cell, metric)
        return self.scales[metric.key].full(cell.value(metric))

    def interval(self, cell: Cell) -> str:
        """The 95 % interval of NDCG@10."""
        return interval(cell.ndcg)

    @cached_property
    def encoders(self) -> tuple[str, ...]:
        return _distinct(cell.encoder for cell in self.cells)

    @cached_property
    def recipes(self) -> tuple[str, ...]:
        return _distinct(cell.recipe for cell in self.cells)

    @cached_property
    def targets(self) -> tuple[str, ...]:
        return _distinct(cell.target for cell in self.cells)

    @property
    def comparable(self) -> tuple[Cell, ...]:
        """Cells with a quality to go by; the latency may be missing."""
        return tuple(cell for cell in self.cells if cell.usable(NDCG) is not None)

    @property
    def timed(self) -> tuple[Cell, ...]:
        """Comparable cells whose latency may be compared too."""
        return tuple(cell for cell in self.comparable if cell.usable(P50) is not None)

    def files(self) -> dict[tuple[str, str], tuple[Cell, ...]]:
        """(encoder, recipe) -> its cells, one per target."""
        found: dict[tuple[str, str], tuple[Cell, ...]] = {}
        for cell in self.cells:
            found[cell.file] = (*found.get(cell.file, ()), cell)
        return found

    def counts(self) -> dict[str, int]:
        """State -> cells in it, in the order of `STATES`."""
        words = [cell.state.word for cell in self.cells]
        return {word: words.count(word) for word in STATES if word in words}


def interval(found: Estimate | None) -> str:
    """An estimate's 95 % interval, for people."""
    if found is None or finite(found.low) is None or finite(found.high) is None:
        return ""
    return f"{SCORE.text(found.low)} to {SCORE.text(found.high)}"


def _distinct(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
