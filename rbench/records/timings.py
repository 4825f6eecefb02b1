"""How long a file takes on a target, what its delegate took of it, and whether it answers there."""

from __future__ import annotations

from typing import Any, Literal

from rbench.records.document import Document, shorten

Stability = Literal["stable", "unstable", "invalid"]
Timed = Literal["invoke", "query"]
"""What one timed run is: ``invoke``, from asking the runtime to run until it has answered; or
``query``, which also sets the inputs before and reads the outputs after it."""


class Delegation(Document, frozen=True, kw_only=True):
    """What the delegate took and what it left."""

    delegate: str
    nodes_total: int
    nodes_delegated: int
    partitions: int
    left_behind: dict[str, int] = {}
    """Operator -> nodes that stayed on the plain kernels."""
    software: bool = False
    """True for a GPU that is simulated on the CPU: a correctness check, never a latency."""
    adapter: str = ""
    """Name of the GPU, where the tool tells it."""
    remarks: tuple[str, ...] = ()
    """Why nodes were left, in the delegate's own words."""

    @property
    def plain(self) -> bool:
        """Whether no delegate had a part: the plain kernels ran every node."""
        return not (self.nodes_delegated or self.partitions or self.left_behind)

    def __post_init__(self) -> None:
        shorten(self, texts="remarks")


class TapTiming(Document, frozen=True, kw_only=True):
    """How long one run of the signature `tap` takes, timed in the same processes as `recommend`."""

    median_us: float
    """Median over the rounds of a round's median."""
    round_medians_us: tuple[float, ...]
    ratio: float
    """Of the time that `recommend` takes for the whole context: the median over the rounds."""


class UpdateTiming(Document, frozen=True, kw_only=True):
    """How long one step of learning takes, timed in the same processes as `recommend`."""

    median_us: float
    """Median over the rounds of a round's median."""
    round_medians_us: tuple[float, ...]


class Timing(Document, frozen=True, kw_only=True):
    """How long one query takes. Times are microseconds, clocks tick in nanoseconds."""

    verdict: Stability
    reasons: tuple[str, ...] = ()
    rounds: int
    runs: int
    """Timed inferences over all rounds."""
    timed: Timed | Literal[""] = ""
    """What a run is, and so what all numbers here but ``query_us`` are of; empty: not said."""
    median_us: float
    mean_us: float
    std_us: float
    min_us: float
    p90_us: float | None = None
    """None, as the other percentiles: the tool does not tell it."""
    p95_us: float | None = None
    p99_us: float | None = None
    query_us: float | None = None
    """Median of a whole query: inputs set, state reset, run, outputs read. None: not told."""
    tap: TapTiming | None = None
    """Of the file's other signature; None: it has none, or the tool does not time it."""
    update: UpdateTiming | None = None
    """Of a file that learns its user; None: it does not, or the tool does not time it."""
    round_medians_us: tuple[float, ...] = ()
    quantiles_us: tuple[float, ...] = ()
    """The 0 %, 1 %, …, 100 % quantiles, for drawing the distribution."""
    load_us: float = 0.0
    """Reading and preparing the model in a fresh process, median over rounds."""
    first_us: float = 0.0
    """The first inference after that, median over rounds."""
    peak_memory_bytes: int = 0
    """Growth of the process's peak resident memory by loading and running the model, the
    largest round."""
    samples: str = ""
    """Artefact with uint32 ``samples_ns`` (runs,) and int32 ``round`` (runs,)."""
    ops_us: dict[str, float] = {}
    """Operator -> mean microseconds per query, where the tool can tell."""
    details: dict[str, Any] = {}
    """Further facts from the tool, see docs/file-formats.md."""

    def __post_init__(self) -> None:
        shorten(self, texts="reasons")


class Check(Document, frozen=True, kw_only=True):
    """Whether a file answers on a target as on this host, where a time would say nothing."""

    contexts: int
    """Real contexts that both were asked."""
    top: int
    """How many of the best items are compared."""
    overlap: float
    """Mean share of this host's best items that are among the target's, 0 to 1."""
    same_order: float
    """Share of the contexts whose best items are the same in the same order, 0 to 1."""
    max_score_difference: float
    """Largest absolute difference of the score of an item that both returned."""
    score_scale: float
    """Largest absolute score on this host, to see the difference beside."""
    bounds: dict[str, float] = {}
    """``overlap``: at least; ``score_difference``: at most, as a share of ``score_scale``."""
    runtime: str
    """What ran the file, in words."""
    against: str
    """What ran it on this host, in words."""

    @property
    def in_words(self) -> str:
        """All of it, in one sentence."""
        order = ", in the same order" if self.same_order == 1 else ""
        return (
            f"answers as on this host: {self.overlap:.1%} of the best {self.top} items{order}, "
            f"scores within {self.max_score_difference:.2g} of {self.score_scale:.2g} "
            f"({self.contexts} contexts, {self.runtime}); never timed"
        )
