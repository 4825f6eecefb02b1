"""Jobs: one stage's work as a plain value.

A job names its inputs by the keys of the jobs that made them, so a job's own key, the hash of
what it says plus library versions and the code of its stage, covers everything before it.
Jobs travel between processes and machines as JSON and meet in the store only.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from rbench.compress.settings import CompressSettings
from rbench.convert.settings import ConvertSettings, PersonalSettings
from rbench.data.settings import DataSettings, ItemsSettings
from rbench.encoding import ModelSettings
from rbench.evaluate.settings import EvaluateSettings
from rbench.features import FeatureSpec
from rbench.federated.settings import FederatedSettings
from rbench.profile.settings import ProfileSettings
from rbench.records.history import FilterHistory
from rbench.sweeping.code import code_of
from rbench.train.settings import TrainSettings

STAGES = (
    "data",
    "baselines",
    "contexts",
    "train",
    "federate",
    "compress",
    "convert",
    "census",
    "evaluate",
    "check",
    "round",
    "profile",
)
"""The stages in order; a job names an input by its stage."""

LIBRARIES: dict[str, tuple[str, ...]] = {
    "data": ("numpy", "pyarrow"),
    "baselines": ("numpy", "scipy"),
    "contexts": ("numpy",),
    "train": ("tensorflow", "tf-keras", "scipy"),
    "federate": ("tensorflow", "tf-keras", "scipy", "flwr", "ray", "dp-accounting"),
    "compress": ("tensorflow", "tf-keras", "tensorflow-model-optimization"),
    "convert": ("tensorflow", "tf-keras", "ai-edge-quantizer", "ai-edge-litert"),
    "census": (),
    "evaluate": ("ai-edge-litert", "numpy"),
    "check": (),
    "round": (),
    "profile": ("numpy",),
}
"""The libraries whose versions decide what a stage makes."""


class EncoderSpec(msgspec.Struct, frozen=True, kw_only=True):
    """An encoder as a value: enough to make the instance anywhere."""

    label: str
    plugin: str
    options: dict[str, Any] = {}
    source: str
    """Hash of its code, `rbench.plugins.source_hash`."""


class Job(msgspec.Struct, frozen=True, kw_only=True, tag_field="stage"):
    """Base of all jobs."""

    resumable: ClassVar[bool] = False
    """Whether a killed try can be gone on with in the folder that it left."""
    tensorflow: ClassVar[bool] = False
    """Whether the work needs TensorFlow in its process."""

    @property
    def stage(self) -> str:
        """Name of the stage, as in the store and in records."""
        return str(self.__struct_config__.tag)

    @property
    def key(self) -> str:
        """sha256 of all that goes into the artefact."""
        said = {
            "job": self.identity(),
            "versions": versions_of(self.stage),
            "code": code_of(self.stage),
        }
        return hashlib.sha256(msgspec.json.encode(said, order="deterministic")).hexdigest()

    def identity(self) -> dict[str, Any]:
        """What distinguishes this job from others of its stage."""
        return dict(msgspec.to_builtins(self))


class DataJob(Job, frozen=True, kw_only=True, tag="data"):
    """Load a log and split it."""

    settings: DataSettings
    fingerprint: str
    """sha256 of the source, `rbench.data.fingerprint`: a moved log is the same log."""
    columns: tuple[str, ...] = ()
    """What features of this study read, kept beside the items."""
    items: ItemsSettings | None = None
    items_fingerprint: str = ""
    """sha256 of the table of the items, `rbench.data.items_fingerprint`."""

    def identity(self) -> dict[str, Any]:
        said = super().identity()
        if self.items:
            said["items"]["path"] = Path(self.items.path).name
        said["settings"]["path"] = Path(self.settings.path).name
        return said


class BaselinesJob(Job, frozen=True, kw_only=True, tag="baselines"):
    """Score popularity, item-kNN and windowed Markov on the split."""

    settings: EvaluateSettings
    data: str
    metrics: dict[str, str] = {}
    """Installed metrics -> hash of their code, `rbench.plugins.source_hash`."""


class ContextsJob(Job, frozen=True, kw_only=True, tag="contexts"):
    """Draw the contexts of real users that timing cycles through."""

    count: int
    length: int
    seed: int
    data: str
    features: tuple[FeatureSpec, ...] = ()
    allowed: bool = False
    """Whether the files are told which items may come back; here all of them."""
    user: int = 0
    """Numbers that the files are told of their user; here zeros. 0: they are told nothing."""


class TrainJob(Job, frozen=True, kw_only=True, tag="train"):
    """Train one encoder from one seed."""

    resumable: ClassVar[bool] = True
    tensorflow: ClassVar[bool] = True
    encoder: EncoderSpec
    settings: TrainSettings
    model: ModelSettings
    seed: int
    data: str
    filter_history: FilterHistory = "auto"
    """How validation ranks: as the scoring will."""
    loss: str = ""
    """Hash of the loss's code, `rbench.plugins.source_hash`."""
    features: tuple[FeatureSpec, ...] = ()
    """What the encoder is given beside the context."""
    item_features: bool = False
    """Whether items learn with what the table of the items says of them."""


class FederateJob(TrainJob, frozen=True, kw_only=True, tag="federate"):
    """Train one encoder from one seed, the logs of users staying with them."""

    federated: FederatedSettings


class CompressJob(Job, frozen=True, kw_only=True, tag="compress"):
    """Prune, cluster or quantization-train one trained encoder; or leave it as it is.

    Fine-tuning is short: a killed one starts over.
    """

    tensorflow: ClassVar[bool] = True
    compression: str
    recipe: str
    """Any recipe of this compression."""
    sources: tuple[str, ...] = ()
    """Hash of the code of each of its compressions, `rbench.plugins.source_hash`."""
    settings: CompressSettings
    train_settings: TrainSettings
    encoder: EncoderSpec
    model: ModelSettings
    seed: int
    train: str = ""
    federate: str = ""
    """One of these two: which training it is of."""
    data: str
    filter_history: FilterHistory = "auto"
    """As in the training."""
    loss: str = ""
    """As in the training."""
    features: tuple[FeatureSpec, ...] = ()

    def identity(self) -> dict[str, Any]:
        said = super().identity()
        del said["recipe"]
        if not self.compression:
            del said["settings"]
        return said


class ConvertJob(Job, frozen=True, kw_only=True, tag="convert"):
    """Turn one compressed model into a .tflite."""

    tensorflow: ClassVar[bool] = True
    recipe: str
    source: str = ""
    """Hash of the scheme's code, `rbench.plugins.source_hash`."""
    settings: ConvertSettings
    personal: PersonalSettings | None = None
    """How the file learns its user; None: it does not."""
    encoder: EncoderSpec
    model: ModelSettings
    seed: int
    compress: str
    data: str
    features: tuple[FeatureSpec, ...] = ()


class Bench(msgspec.Struct, frozen=True, kw_only=True):
    """Where and with what a target is timed, as far as that decides what comes out."""

    machine: str
    """`rbench.records.Machine.identity`, or the device: times do not travel."""
    build: str = ""
    """`rbench.profile.tool.Tool.build`: another build is another measurement, the same build
    elsewhere is not."""
    adapter: str = ""
    """Name of the GPU, where one is used and there: the environment decides which one, a software
    GPU's times are not a GPU's, and one that comes later is tried."""
    libraries: dict[str, str] = {}
    """Python package -> version, of those that the tool names."""
    source: str = ""
    """Hash of the tool's code, `rbench.plugins.source_hash`."""


class CensusJob(Job, frozen=True, kw_only=True, tag="census"):
    """Count the nodes that each delegate takes of one .tflite."""

    convert: str
    benches: dict[str, Bench]
    """Target that is asked -> what it is asked with: a GPU that is not there is not, and one that
    comes later is."""


class EvaluateJob(Job, frozen=True, kw_only=True, tag="evaluate"):
    """Score one .tflite on the test users."""

    settings: EvaluateSettings
    compress: str
    convert: str
    data: str
    metrics: dict[str, str] = {}
    """As for the baselines."""
    features: tuple[FeatureSpec, ...] = ()


class CheckJob(Job, frozen=True, kw_only=True, tag="check"):
    """Compare what one .tflite answers on a target with what it answers here; nothing is timed."""

    settings: ProfileSettings
    """Those that concern it; all others are the default."""
    target: str
    bench: Bench
    convert: str
    contexts: str


class RoundJob(Job, frozen=True, kw_only=True, tag="round"):
    """Time one .tflite on one target once, in a process of its own."""

    settings: ProfileSettings
    target: str
    bench: Bench
    number: int
    convert: str
    contexts: str
    twin: str = ""
    """For a file that is timed once more, as if it was another cell: hash of all the files that its
    target has in this study. Whoever changes one times the twin anew, beside it."""

    def identity(self) -> dict[str, Any]:
        return _but_twins(super().identity())


class ProfileJob(Job, frozen=True, kw_only=True, tag="profile"):
    """Sum up the rounds of one cell."""

    settings: ProfileSettings
    target: str
    rounds: tuple[str, ...]

    def identity(self) -> dict[str, Any]:
        return _but_twins(super().identity())


def _but_twins(said: dict[str, Any]) -> dict[str, Any]:
    """How many files are timed twice changes nothing for a cell's own rounds."""
    del said["settings"]["twins"]
    return said


AnyJob = (
    DataJob
    | BaselinesJob
    | ContextsJob
    | TrainJob
    | FederateJob
    | CompressJob
    | ConvertJob
    | CensusJob
    | EvaluateJob
    | CheckJob
    | RoundJob
    | ProfileJob
)


def needs(job: AnyJob) -> tuple[tuple[str, str], ...]:
    """(stage, key) of the artefacts that a job reads."""
    named = {name: getattr(job, name, "") for name in STAGES}
    found = [(name, key) for name, key in named.items() if key and isinstance(key, str)]
    if isinstance(job, ProfileJob):
        found += [("round", key) for key in job.rounds]
    return tuple(found)


@cache
def versions_of(stage: str) -> dict[str, str]:
    """Library -> installed version, for the libraries that a stage depends on."""
    return {library: installed(library) for library in LIBRARIES[stage]}


@cache
def installed(library: str) -> str:
    """The installed version of a library; empty where it is not there. Imports nothing."""
    try:
        return version(library)
    except PackageNotFoundError:
        return ""
