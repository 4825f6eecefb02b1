"""Records: what the versioned JSON documents say that cells leave behind.

How they lie in a folder, and are read and written: `rbench.records.run_folder`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from rbench.system import extras

if TYPE_CHECKING:
    import pandas as pd
from rbench.records.document import SCHEMA, Document, shorten
from rbench.records.log import DataSummary
from rbench.records.scores import Quality
from rbench.records.timings import Check, Delegation, Timing

State = Literal["ok", "unsupported", "failed", "skipped"]


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
        shorten(self, text="reason")


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
