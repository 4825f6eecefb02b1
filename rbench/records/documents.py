"""Records: what the versioned JSON documents say that cells leave behind.

How they lie in a folder, and are read and written: `rbench.records.run_folder`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from rbench.system import extras
from rbench.text import shown

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = 1
"""Version of the documents written. Older ones are upgraded when read, newer ones refused."""

MOST_TEXTS = 1000
"""Reasons or remarks that one document keeps."""

State = Literal["ok", "unsupported", "failed", "skipped"]
Verdict = Literal["stable", "unstable", "invalid"]
Timed = Literal["invoke", "query"]
"""What one timed run is: ``invoke``, from asking the runtime to run until it has answered; or
``query``, which also sets the inputs before and reads the outputs after it."""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """Base of everything in a record. Unknown keys are ignored: a reader may be older."""


def _shorten(document: Document, text: str = "", texts: str = "") -> None:
    """Cut a field that holds what a library or a stranger said: an exception may quote arrays."""
    if text and len(getattr(document, text)) > shown.MOST:
        msgspec.structs.force_setattr(document, text, shown.cut(getattr(document, text)))
    said = getattr(document, texts) if texts else ()
    if len(said) > MOST_TEXTS or any(len(one) > shown.MOST for one in said):
        more = len(said) - MOST_TEXTS + 1
        rest = (f"… and {more:,} more",) if len(said) > MOST_TEXTS else ()
        kept = said[: MOST_TEXTS - 1] if rest else said
        msgspec.structs.force_setattr(document, texts, (*map(shown.cut, kept), *rest))


class Estimate(Document, frozen=True, kw_only=True):
    """A mean over users with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


class Parity(Document, frozen=True, kw_only=True):
    """How close a file is to the Keras model that it was converted from."""

    contexts: int
    """Contexts compared."""
    max_score_difference: float
    """Largest absolute difference of any item's score."""
    top10_overlap: float
    """Mean share of the Keras model's ten best items that the file's ten best hold, 0 to 1."""


class TapQuality(Document, frozen=True, kw_only=True):
    """What the signature `tap` says item by item, beside `recommend` about the whole context."""

    contexts: int
    """Sequences of at most the context's length: there both know the same."""
    max_score_difference: float
    """Over these, the largest absolute difference of any item's score."""
    score_spread: float
    """Standard deviation of the scores, to see the difference beside."""
    top10_overlap: float
    """Mean share of `recommend`'s ten best items that are among the tap's, 0 to 1."""
    longer: int = 0
    """Users whose history is longer than a context: `recommend` forgets its oldest items, the state
    does not."""
    ndcg: dict[str, float] = {}
    """NDCG@10 over these users: ``recommend`` and ``tap``, and of the difference, tap less
    recommend, ``low`` and ``high``, the ends of its 95 % interval, paired by user."""


class Quality(Document, frozen=True, kw_only=True):
    """Scores over every test user, full ranking."""

    users: int
    metrics: dict[str, Estimate]
    """``recall@1|5|10|20``, ``ndcg@10``, ``mrr``: name -> estimate."""
    coverage: float
    """Share of the recommendable catalogue that appears in some user's top 10, 0 to 1."""
    parity: Parity | None = None
    tap: TapQuality | None = None
    """Of a file with the signature `tap`."""
    ranks: str = ""
    """Artefact with int32 ``ranks`` (users,), 1 = best, 0 = the target cannot be ranked."""
    validation: dict[str, float] = {}
    """Of a baseline: ``ndcg@10`` and ``recall@10`` on the validation users, by which the best
    baseline is chosen."""
    settings: dict[str, float] = {}
    """Of a baseline whose parameters were chosen on validation: the chosen ones."""


class ModelFile(Document, frozen=True, kw_only=True):
    """The finished .tflite and what is in it."""

    path: str
    """Relative to the run folder."""
    sha256: str
    size_bytes: int
    gzip_bytes: int
    zstd_bytes: int = 0
    """0 in records of an rbench that did not count it."""
    parameters: int = 0
    """Trained numbers in the Keras model, the item table included."""
    ops: dict[str, int] = {}
    """Builtin operator -> how often it stands in the graph."""
    tensor_bytes: dict[str, int] = {}
    """Type of constant data (``FLOAT32``, ``INT8``, …) -> bytes of distinct buffers."""
    census: dict[str, Any] = {}
    """Further facts about the file, see docs/file-formats.md."""
    converter: str = ""
    """Which library wrote the file, e.g. ``tf.lite``."""
    log: str = ""
    """What the converter said, relative to the run folder."""


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
        _shorten(self, texts="remarks")


class TapTiming(Document, frozen=True, kw_only=True):
    """How long one run of the signature `tap` takes, timed in the same processes as `recommend`."""

    median_us: float
    """Median over the rounds of a round's median."""
    round_medians_us: tuple[float, ...]
    ratio: float
    """Of the time that `recommend` takes for the whole context: the median over the rounds."""


class Timing(Document, frozen=True, kw_only=True):
    """How long one query takes. Times are microseconds, clocks tick in nanoseconds."""

    verdict: Verdict
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
        _shorten(self, texts="reasons")


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


class Machine(Document, frozen=True, kw_only=True):
    """Where something was measured. Times from unlike machines are never compared as alike."""

    name: str
    cpu: str
    cores: int
    memory_bytes: int
    system: str
    python: str
    details: dict[str, Any] = {}

    @property
    def identity(self) -> str:
        """What must be equal for two timings to be comparable."""
        return f"{self.name}|{self.cpu}|{self.cores}|{self.system}"


class Reading(Document, frozen=True, kw_only=True):
    """How a log was read: every "auto" resolved."""

    format: str = ""
    files: int = 1
    packed: str = ""
    """What the files are wrapped in: ``gzip``, ``bzip2``, ``xz``, ``zstd``, ``zip`` or nothing."""
    encoding: str = ""
    separator: str = ""
    """Of a text table, in words: ``comma``, ``tab``, …"""
    header: str = ""
    """``yes`` or ``no``, where there could be one."""
    comment: str = ""
    user: str = ""
    item: str = ""
    time: str = ""
    rating: str = ""
    """Names of the columns that were read; their numbers from 1 where there is no header."""
    time_format: str = ""
    """``number``, ``iso``, strptime's words, or the type of a Parquet column."""
    time_unit: str = ""
    rows: int = 0
    """Interactions that the files hold, before anything is left out."""
    skipped: dict[str, int] = {}
    """Why rows or lines were left out -> how many."""
    notes: tuple[str, ...] = ()
    """What is worth a look, in words."""

    def __str__(self) -> str:
        """One line."""
        where = f"{self.files:,} files of {self.format}" if self.files > 1 else self.format
        kind = [where, self.packed, self.encoding]
        kind += [f"separated by {self.separator}" if self.separator else ""]
        kind += ["no header" if self.header == "no" else ""]
        roles = [
            f"{role} {name!r}"
            for role, name in (("user", self.user), ("item", self.item), ("time", self.time))
            if name
        ]
        if self.time:
            roles[-1] += f" ({self.time_format}{', ' if self.time_unit else ''}{self.time_unit})"
        left_out = [f"{count:,} {why}" for why, count in self.skipped.items() if count]
        parts = [", ".join(filter(None, kind)), ", ".join(roles)]
        parts += ["left out: " + ", ".join(left_out)] if left_out else []
        return "; ".join(filter(None, parts))


class DataSummary(Document, frozen=True, kw_only=True):
    """What was understood of a log."""

    name: str
    format: str
    users: int
    items: int
    """Distinct items in the log, after filters."""
    catalogue: int
    """Items that training has seen: what can be recommended."""
    interactions: int
    split: str
    test_users: int
    validation_users: int
    checksum: str
    """sha256 over the split: who is asked what, with which history."""
    ideal: dict[str, float] = {}
    """Best possible value of a metric, where the data's maker knows it."""
    details: dict[str, Any] = {}
    reading: Reading = Reading()
    """How the log was read."""


class CellName(Document, frozen=True, kw_only=True):
    """Encoder x recipe x target, by their names."""

    encoder: str
    recipe: str
    target: str

    def __str__(self) -> str:
        return f"{self.encoder} x {self.recipe} x {self.target}"


class Replicate(Document, frozen=True, kw_only=True):
    """The same cell, trained with another seed: scored, not timed."""

    seed: int
    model: ModelFile
    quality: Quality


class Record(Document, frozen=True, kw_only=True):
    """What one cell left behind."""

    schema: int = SCHEMA
    study: str
    cell: CellName
    state: State
    reason: str = ""
    """Why the state is not ``ok``; of a very long one the middle is left out, also of one that an
    older rbench recorded."""
    stage: str = ""
    """Where it ended, if not ``ok``: policy, data, train, compress, convert, evaluate, profile."""
    seed: int = 1
    inputs: dict[str, str] = {}
    """Stage -> key of the artefact in the store that this record was made from."""
    versions: dict[str, str] = {}
    settings: dict[str, Any] = {}
    """Stage -> the settings it ran with."""
    data: str = ""
    """Checksum of the split."""
    machine: Machine | None = None
    model: ModelFile | None = None
    quality: Quality | None = None
    replicates: tuple[Replicate, ...] = ()
    training: dict[str, Any] = {}
    """Epochs, best epoch, validation NDCG@10 of the training behind it."""
    delegation: Delegation | None = None
    timing: Timing | None = None
    check: Check | None = None
    """Of a target that is checked and never timed; then there is no timing."""
    command: str = ""
    """What reproduces this cell."""

    def __post_init__(self) -> None:
        _shorten(self, text="reason")


class RunInfo(Document, frozen=True, kw_only=True):
    """What a run as a whole is about (run.json)."""

    schema: int = SCHEMA
    study: str
    created: str
    """UTC, ISO 8601."""
    rbench: str
    command: str = ""
    data: DataSummary | None = None
    baselines: dict[str, Quality] = {}
    """``popularity``, ``item-knn``, ``markov``, ``pctm``: scored on the same split and users."""
    machine: Machine | None = None
    versions: dict[str, str] = {}
    settings: dict[str, Any] = {}
    cells: int = 0
    details: dict[str, Any] = {}


class Items(Document, frozen=True, kw_only=True):
    """What the models' item ids are called in the log (items.json)."""

    schema: int = SCHEMA
    data: str
    """Checksum of the split, as in the records whose models these are the ids of."""
    items: tuple[str, ...]
    """The log's own id by index; index 0 is padding and ``""``."""
    sha256: str = ""
    """Of the ids as compact JSON in UTF-8; empty in runs of earlier versions."""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A run folder, read."""

    folder: Path
    info: RunInfo
    records: tuple[Record, ...]

    def frame(self) -> pd.DataFrame:
        """The records as a pandas DataFrame, one row a cell, nested keys joined by dots.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        extras.require("report", "Run.frame()", "pandas")
        import pandas as pd

        return pd.json_normalize([msgspec.to_builtins(record) for record in self.records])

    def artefact(self, sha256: str) -> Path:
        """Where a record's raw samples or ranks lie."""
        return self.folder / "artefacts" / f"{sha256}.npz"


def artefacts_of(records: Sequence[Record]) -> set[str]:
    """Every artefact that some record points to."""
    found: set[str] = set()
    for record in records:
        qualities = [record.quality, *(replicate.quality for replicate in record.replicates)]
        found.update(quality.ranks for quality in qualities if quality and quality.ranks)
        if record.timing and record.timing.samples:
            found.add(record.timing.samples)
    return found
