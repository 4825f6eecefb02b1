"""From a plan and the store to a run folder: the records, and the files that they point to."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from rbench import data, plugins, profile
from rbench.cells.target import Target
from rbench.cells.tools import HOST
from rbench.convert.result import LOG, MODEL, FlatModel
from rbench.records import Check, DataSummary, Items, Machine, ModelFile, Quality, Record, Replicate
from rbench.records.history import History, history
from rbench.records.run_folder import ITEMS, write_items
from rbench.study import label_of
from rbench.sweeping import jobs
from rbench.sweeping.bench import versions_with
from rbench.sweeping.executors.graph import ArtefactKey
from rbench.sweeping.jobs import CheckJob, FederateJob, RoundJob, TrainJob
from rbench.sweeping.plan import CellPlan, Pipeline, Plan
from rbench.sweeping.results import Census, Profiled
from rbench.sweeping.store import Failure, Store
from rbench.system.writing import writing
from rbench.text.naming import file_name
from rbench.text.shell import command_line
from rbench.train.result import Trained

SHOWN_AS = {"round": "profile", "census": "convert"}
"""Stage of a job -> what a record calls it, where that is another."""
NOT_YET = "the sweep has not come to it"


class Recorder:
    """Writes records of one plan into one run folder.

    Args:
        machine: where the timing was done.
        reproduce: the command line that begins every record's command.
    """

    def __init__(
        self, plan: Plan, store: Store, folder: Path, machine: Machine, reproduce: str
    ) -> None:
        self.plan = plan
        self.store = store
        self.folder = folder
        self.machine = machine
        self.reproduce = reproduce
        self._data: DataSummary | None = None
        self._placed: set[str] = set()

    def records(self, failures: Mapping[ArtefactKey, Failure]) -> Iterator[Record]:
        """One record a cell, in the study's order, from what the store has by now."""
        noise = self.noise(failures)
        for cell in self.plan.cells:
            yield self._record(cell, failures, noise.get(cell.cell.target))

    def noise(self, failures: Mapping[ArtefactKey, Failure]) -> dict[str, profile.Noise]:
        """Target -> how far a file lay from itself there, where that is known by now."""
        pairs: dict[str, list[Any]] = {}
        for twin in self.plan.twins_among(failures):
            rounds = [self._rounds(jobs) for jobs in (twin.own, twin.again)]
            if all(rounds):
                pairs.setdefault(twin.cell.target, []).append((twin.cell, *rounds))
        found = {target: profile.seen(known) for target, known in pairs.items()}
        return {target: noise for target, noise in found.items() if noise}

    def _rounds(self, jobs: Sequence[RoundJob]) -> list[profile.Round]:
        """What the rounds left behind; nothing unless all of them did."""
        made = [self._result(job, profile.Round) for job in jobs]
        return made if all(made) else []

    def place_ranks(self, quality: Quality, folder: Path, name: str) -> None:
        """Put the ranks behind a quality beside the records."""
        self._place(folder / name, quality.ranks)

    def place_items(self) -> None:
        """Put what the models' item ids are called in the log beside the records."""
        if self.data is not None and ITEMS not in self._placed:
            folder = self.store.folder(self.plan.data.stage, self.plan.data.key)
            known = Items(data=self.data.checksum, items=data.read_vocabulary(folder))
            with writing(self.folder / ITEMS, "--out"):
                write_items(self.folder, known)
            self._placed.add(ITEMS)

    def _record(
        self, plan: CellPlan, failures: Mapping[ArtefactKey, Failure], noise: profile.Noise | None
    ) -> Record:
        known: dict[str, Any] = {
            "study": self.plan.study.name,
            "cell": plan.cell,
            "seed": self.plan.study.seeds[0],
            "data": self.checksum,
            "machine": self.machine if Target.parse(plan.cell.target).device == HOST else None,
            "command": self._command(plan),
        }
        if plan.objection:
            return Record(**known, state="unsupported", reason=plan.objection, stage="policy")
        known |= self._provenance(plan)
        first, *others = plan.pipelines
        known |= self._pipeline(plan, first)
        known["replicates"] = tuple(
            filter(None, (self._replicate(plan, pipeline) for pipeline in others))
        )
        profiled = self._result(plan.profile, Profiled)
        if profiled is not None and plan.profile is not None:
            folder = self.store.folder("profile", plan.profile.key)
            self._place(folder / "samples.npz", profiled.timing.samples)
            timing = profile.doubted(profiled.timing, noise) if noise else profiled.timing
            known |= {"timing": timing, "delegation": profiled.delegation}
            known["machine"] = profiled.machine or known["machine"]
        checked = self._result(plan.check, Check)
        if checked is not None:
            known["check"] = checked
        failure = next(
            (
                failures[job.stage, job.key]
                for job in plan.jobs()
                if (job.stage, job.key) in failures
            ),
            None,
        )
        if failure is not None:
            return Record(
                **known,
                state="unsupported" if failure.state == "unsupported" else "failed",
                reason=failure.reason,
                stage=SHOWN_AS.get(failure.stage, failure.stage),
            )
        if (profiled is None and checked is None) or not all(map(self._is_done, plan.pipelines)):
            return Record(**known, state="skipped", reason=NOT_YET)
        return Record(**known, state="ok")

    @property
    def checksum(self) -> str:
        """Of the split."""
        return self.data.checksum if self.data else ""

    @property
    def data(self) -> DataSummary | None:
        """What was understood of the log; None before it was read."""
        if self._data is None:
            self._data = self._result(self.plan.data, DataSummary)
        return self._data

    @property
    def history(self) -> History | None:
        """Whether the histories are filtered, and why; None before the log was read."""
        return history(self.plan.study.evaluate.filter_history, self.data) if self.data else None

    def _provenance(self, plan: CellPlan) -> dict[str, Any]:
        first = plan.pipelines[0]
        every: list[Any] = [self.plan.data, first.train, first.compress, first.convert]
        every += [first.census, first.evaluate]
        every += [job for job in (plan.check, plan.profile) if job]
        study = self.plan.study
        versions: dict[str, str] = {}
        for stage in (*(job.stage for job in every), *(job.stage for job in plan.rounds[:1])):
            versions |= jobs.versions_of(stage)
        measuring: list[RoundJob | CheckJob] = [*plan.rounds, *filter(None, [plan.check])]
        for job in measuring:
            versions |= versions_with(job.target, job.bench)
        return {
            "inputs": {job.stage: job.key for job in every},
            "versions": {name: v for name, v in sorted(versions.items()) if v},
            "settings": {
                "data": msgspec.to_builtins(study.data),
                "model": msgspec.to_builtins(study.model),
                "train": self._trained_with(first.train),
                "encoder": {"plugin": first.train.encoder.plugin, **first.train.encoder.options},
                "convert": study.convert.said(),
                **({"personal": msgspec.to_builtins(study.personal)} if study.personal else {}),
                "evaluate": msgspec.to_builtins(study.evaluate) | self._ranking(),
                "profile": study.profile.said(),
                **self._given(first.train),
                **self._items(first.train),
                **self._federated(plan, first.train),
            },
        }

    def _trained_with(self, job: TrainJob) -> dict[str, Any]:
        """The settings of a training, with what log and model decided in place of ``auto``."""
        trained = self._result(job, Trained)
        said: dict[str, Any] = msgspec.to_builtins(job.settings)
        return said | (trained.settings if trained is not None else {})

    @staticmethod
    def _given(job: TrainJob) -> dict[str, Any]:
        """Features, their options, and what a reader should know of them; nothing without."""
        said = {
            (spec.label or spec.name): plugins.feature(spec.name, spec.options).facts()
            | {"options": dict(spec.options)}
            for spec in job.features
        }
        return {"features": said} if said else {}

    def _items(self, job: TrainJob) -> dict[str, Any]:
        """What the table of the items said, where the encoder learnt with it."""
        known = self.data.details.get("item_features", {}) if self.data else {}
        return {"items": known} if job.item_features else {}

    @staticmethod
    def _federated(plan: CellPlan, job: TrainJob) -> dict[str, Any]:
        """How the logs stayed where they are, and the label of the training on the whole log."""
        if not isinstance(job, FederateJob):
            return {}
        return {"federated": {**job.federated.said(), "beside": label_of(plan.encoder_name)}}

    def _ranking(self) -> dict[str, Any]:
        """How the scoring ranks, with what the log decided in place of ``auto``."""
        found = self.history
        if found is None:
            return {}
        return {"filter_history": found.filtered, "filter_history_reason": found.reason}

    def _pipeline(self, plan: CellPlan, pipeline: Pipeline) -> dict[str, Any]:
        found: dict[str, Any] = {}
        trained = self._result(pipeline.train, Trained)
        if trained is not None:
            found["training"] = {
                "epochs": trained.epochs,
                "best_epoch": trained.best_epoch,
                "parameters": trained.parameters,
                "validation": trained.validation,
                "seconds": round(sum(epoch["seconds"] for epoch in trained.history), 3),
            }
            if trained.federation is not None:
                found["training"]["federation"] = msgspec.to_builtins(trained.federation)
        model = self._model(plan, pipeline, "")
        if model is not None:
            found["model"] = model
        quality = self._quality(pipeline)
        if quality is not None:
            found["quality"] = quality
        return found

    def _is_done(self, pipeline: Pipeline) -> bool:
        return all(
            self.store.has(job.stage, job.key)
            for job in (pipeline.convert, pipeline.census, pipeline.evaluate)
        )

    def _replicate(self, plan: CellPlan, pipeline: Pipeline) -> Replicate | None:
        model = self._model(plan, pipeline, f"seed{pipeline.seed}/")
        quality = self._quality(pipeline)
        if model is None or quality is None:
            return None
        return Replicate(seed=pipeline.seed, model=model, quality=quality)

    def _model(self, plan: CellPlan, pipeline: Pipeline, prefix: str) -> ModelFile | None:
        flat = self._result(pipeline.convert, FlatModel)
        if flat is None:
            return None
        folder = self.store.folder("convert", pipeline.convert.key)
        stem = f"models/{prefix}{file_name(plan.cell.encoder)}/{plan.cell.recipe}"
        self._copy(folder / MODEL, f"{stem}.tflite", flat.sha256)
        self._copy(folder / LOG, f"{stem}.log", pipeline.convert.key)
        said = msgspec.structs.asdict(flat)
        nodes = self._result(pipeline.census, Census)
        if nodes is not None:
            said["census"] = {**flat.census, "nodes": nodes.nodes}
        return ModelFile(path=f"{stem}.tflite", log=f"{stem}.log", **said)

    def _quality(self, pipeline: Pipeline) -> Quality | None:
        quality: Quality | None = self._result(pipeline.evaluate, Quality)
        if quality is not None:
            self.place_ranks(
                quality, self.store.folder("evaluate", pipeline.evaluate.key), "ranks.npz"
            )
        return quality

    def _result(self, job: Any, kind: type[Any]) -> Any:
        if job is None or not self.store.has(job.stage, job.key):
            return None
        return self.store.read(job.stage, job.key, kind)

    def _place(self, source: Path, sha256: str) -> None:
        if sha256:
            self._copy(source, f"artefacts/{sha256}.npz", sha256)

    def _copy(self, source: Path, name: str, content: str) -> None:
        """Copy a file into the run folder, unless this very content lies there."""
        mark = f"{name} {content}"
        if mark in self._placed:
            return
        target = self.folder / name
        with writing(target, "--out"):
            if not _same(source, target):
                target.parent.mkdir(parents=True, exist_ok=True)
                temporary = target.with_name(f".{target.name}.partial")
                shutil.copyfile(source, temporary)
                temporary.replace(target)
        self._placed.add(mark)

    def _command(self, plan: CellPlan) -> str:
        cell = plan.cell
        words = ("--encoder", plan.encoder_name, "--recipe", cell.recipe, "--target", cell.target)
        return f"{self.reproduce} {command_line(words)}"


def _same(source: Path, target: Path) -> bool:
    """Whether two files are equal; sizes are asked first."""
    if not target.is_file() or target.stat().st_size != source.stat().st_size:
        return False
    return target.read_bytes() == source.read_bytes()
