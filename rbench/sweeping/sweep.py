"""A study's way through its cells: plan, build, measure, record; and go on where it stopped."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import filelock
import msgspec

from rbench.errors import OutputError, RecordError
from rbench.progress import silent
from rbench.records import DataSummary, Machine, Quality, Run, RunInfo
from rbench.records.run_folder import read_run, write_info, write_records
from rbench.study import Study
from rbench.sweeping import jobs
from rbench.sweeping.executors.executor import Executor, Session
from rbench.sweeping.executors.graph import ArtefactKey, Failures
from rbench.sweeping.executors.local import Local
from rbench.sweeping.jobs import AnyJob, DataJob, FederateJob, ProfileJob, RoundJob
from rbench.sweeping.observer import Observer, PassingOn, Silent
from rbench.sweeping.perform import perform
from rbench.sweeping.plan import Plan
from rbench.sweeping.plan import plan as spelt_out
from rbench.sweeping.recorder import Recorder
from rbench.sweeping.results import Baselines
from rbench.sweeping.store import Failure, Store
from rbench.system import extras
from rbench.system.writing import clear_torn, writing
from rbench.text.naming import file_name

RECORD_EVERY_S = 10.0
"""A killed sweep's records are at most this much older than its store."""


def sweep(
    study: Study,
    out: Path | str | None = None,
    *,
    store: Store | None = None,
    retry_failed: bool = False,
    observer: Observer | None = None,
    reproduce: str = "rbench sweep",
    executor: Executor | None = None,
) -> Run:
    """Run a study: everything that the store does not have yet, then the records of all its cells.

    Args:
        out: the run's folder, by default ``runs/STUDY-TIME``; an existing run is continued.
        retry_failed: try again what failed before, though nothing changed.
        observer: who is told how it goes.
        reproduce: the command that records name, without its cell.
        executor: where the jobs are done; by default on this machine.

    Raises:
        RbenchError: the study cannot be run (its log, its plug-ins, the place to write).
    """
    store = store or Store()
    executor = executor or Local()
    survey = executor.survey(study)
    machine = survey.machine
    plan = spelt_out(study, machine.identity, survey.benches)
    folder = Path(out) if out is not None else _new_folder(study)
    store.prepare()
    work = _Sweep(plan, store, folder, machine, executor, observer or Silent(), reproduce)
    todo = work.begin(retry_failed)
    with _held(folder):
        clear_torn(folder)
        work.run(todo)
    return read_run(folder)


class _Sweep(PassingOn):
    """One execution. The executor's observer is this: it passes all on, and records."""

    def __init__(
        self,
        plan: Plan,
        store: Store,
        folder: Path,
        machine: Machine,
        executor: Executor,
        observer: Observer,
        reproduce: str,
    ) -> None:
        super().__init__(observer)
        self.plan = plan
        self.store = store
        self.folder = folder
        self.machine = _steady(machine)
        self.executor = executor
        self.reproduce = reproduce
        self.recorder = Recorder(plan, store, folder, self.machine, reproduce)
        self.failures: Failures = {}
        self._recorded_at = 0.0

    def begin(self, retry_failed: bool) -> list[AnyJob]:
        """Find out what has to be done, and read the log: what is wrong with it ends the sweep
        before anything is written.
        """
        todo = self._missing(_wanted(self.plan), retry_failed)
        todo += [job for job in self._missing(self._twins(), retry_failed) if job not in todo]
        if todo:
            extras.require("sweep", "rbench sweep")
        if any(isinstance(job, FederateJob) for job in todo):
            extras.require("federated", "a federated training")
        self.observer.planned(todo)
        for job in todo:
            if isinstance(job, DataJob):
                self.observer.started(job)
                perform(job, self.store, silent)
                self.observer.ended(job, None)
        data = self.plan.data
        reading = self.store.read(data.stage, data.key, DataSummary).reading
        if reading.format:
            for text in (f"the log was read as {reading}", *reading.notes):
                self.observer.noticed(text)
        return todo

    def run(self, todo: Sequence[AnyJob]) -> None:
        """Do it, and write the records, whatever happens."""
        try:
            self._write()
            stall_s = self.plan.study.stall_seconds
            with self.executor.session(self.store, self, stall_s=stall_s) as session:
                self._build(session, todo)
                self._time(session, todo)
        finally:
            self._write()

    def _build(self, session: Session, todo: Sequence[AnyJob]) -> None:
        building = [job for job in todo if not isinstance(job, DataJob | RoundJob | ProfileJob)]
        if building:
            session.build(building, self.failures)
            self._write()

    def _time(self, session: Session, todo: Sequence[AnyJob]) -> None:
        timing: list[AnyJob] = [job for job in todo if isinstance(job, RoundJob | ProfileJob)]
        # A file that could not be built has handed its twin on.
        timing += [job for job in self._missing(self._twins(), False) if job not in timing]
        if timing:
            session.time(_shuffled(timing), self.failures)

    def _twins(self) -> list[AnyJob]:
        """Second timings of the files that can be had, as far as is known."""
        return [job for twin in self.plan.twins_among(self.failures) for job in twin.again]

    def _missing(self, wanted: Sequence[AnyJob], retry_failed: bool) -> list[AnyJob]:
        """What has to be done for the wanted artefacts, in the order of the stages."""
        known = {(job.stage, job.key): job for job in _every(self.plan)}
        todo: dict[ArtefactKey, AnyJob] = {}

        def need(place: ArtefactKey) -> None:
            if place in todo or place in self.failures or self.store.has(*place):
                return
            failure = self.store.failure(*place)
            if failure and not failure.passing and not retry_failed:
                self.failures[place] = failure
                return
            self.store.forgive(*place)
            job = known[place]
            before = jobs.needs(job)
            for other in before:
                need(other)
            causes = [self.failures[other] for other in before if other in self.failures]
            if causes:
                self.failures[place] = causes[0]
            else:
                todo[place] = job

        for job in wanted:
            need((job.stage, job.key))
        return sorted(todo.values(), key=lambda job: jobs.STAGES.index(job.stage))

    def _write(self) -> None:
        """Records of what is there by now, and the run's own document."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.recorder.place_items()
        write_records(self.folder / "records.jsonl", self.recorder.records(self.failures))
        write_info(self.folder / "run.json", self._info())
        self._recorded_at = time.monotonic()

    def _info(self) -> RunInfo:
        data, baselines = self.plan.data, self.plan.baselines
        scores: dict[str, Quality] = {}
        if self.store.has(baselines.stage, baselines.key):
            scores = self.store.read(baselines.stage, baselines.key, Baselines).scores
            folder = self.store.folder(baselines.stage, baselines.key)
            for name, quality in scores.items():
                self.recorder.place_ranks(quality, folder, f"{name}.npz")
        libraries = sorted({name for names in jobs.LIBRARIES.values() for name in names})
        return RunInfo(
            study=self.plan.study.name,
            created=_created(self.folder),
            rbench=jobs.installed("rbench"),
            command=self.reproduce,
            data=self.store.read(data.stage, data.key, DataSummary),
            baselines=scores,
            machine=self.machine,
            versions={name: jobs.installed(name) for name in libraries if jobs.installed(name)},
            settings=self.plan.study.said(),
            cells=len(self.plan.cells),
            details=self._details(),
        )

    def _details(self) -> dict[str, Any]:
        baselines = self.plan.baselines
        failed = self.failures.get((baselines.stage, baselines.key))
        noise = msgspec.to_builtins(self.recorder.noise(self.failures))
        history = self.recorder.history
        found = {
            "baselines_failed": failed.reason if failed else "",
            "history": history._asdict() if history else {},
            "noise": noise,
        }
        return {key: value for key, value in found.items() if value}

    def ended(self, job: AnyJob, failure: Failure | None) -> None:
        """Pass it on, and record now and then."""
        super().ended(job, failure)
        # While timing runs, nothing else should: the records wait for its end.
        timing = isinstance(job, RoundJob)
        if not timing and time.monotonic() - self._recorded_at > RECORD_EVERY_S:
            self._write()


def _wanted(plan: Plan) -> list[AnyJob]:
    """The artefacts that records are made from."""
    wanted: list[AnyJob] = [plan.data, plan.baselines]
    for cell in plan.cells:
        for pipeline in cell.pipelines:
            wanted += [pipeline.train, pipeline.convert, pipeline.census, pipeline.evaluate]
        wanted += [job for job in (cell.check, cell.profile) if job]
    return wanted


def _every(plan: Plan) -> Iterator[AnyJob]:
    first: list[AnyJob] = [plan.data, plan.baselines, *plan.contexts]
    yield from first
    for cell in plan.cells:
        yield from cell.jobs()
    for twins in plan.twins.values():
        yield from (job for twin in twins for job in twin.again)


def _shuffled(timing: Sequence[AnyJob]) -> list[AnyJob]:
    """Round by round, the cells of each in random order, so that drift hits all alike; the sums
    at the end.
    """
    rounds = [job for job in timing if isinstance(job, RoundJob)]
    seed = rounds[0].settings.seed if rounds else 0
    random.Random(seed).shuffle(rounds)
    rounds.sort(key=lambda job: job.number)
    return [*rounds, *(job for job in timing if isinstance(job, ProfileJob))]


def _steady(machine: Machine) -> Machine:
    """The machine without what changes by the minute: records of one sweep are equal each time."""
    details = {key: value for key, value in machine.details.items() if key != "load_average"}
    return msgspec.structs.replace(machine, details=details)


def _created(folder: Path) -> str:
    """When the run in the folder began; now, where there is none."""
    try:
        return read_run(folder).info.created or _now()
    except RecordError:
        return _now()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _new_folder(study: Study) -> Path:
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    name = file_name(study.name)
    folder = Path("runs") / f"{name}-{stamp}"
    for number in range(2, 100):
        if not folder.exists():
            break
        folder = Path("runs") / f"{name}-{stamp}-{number}"
    return folder


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Only one sweep writes into a run folder."""
    with writing(folder, "--out"):
        existing = list(folder.iterdir()) if folder.is_dir() else []
    if existing and not any(path.name in ("run.json", ".lock") for path in existing):
        raise OutputError(
            "the folder holds something that is no run",
            where=str(folder),
            allowed="a new or empty folder, or an earlier run's, which is continued",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(folder / ".lock", timeout=0):
            yield
    except filelock.Timeout as error:
        raise OutputError(
            "another sweep is writing here", where=str(folder), remedy="wait for it, or --out DIR"
        ) from error
    except (FileExistsError, NotADirectoryError, PermissionError, OSError) as error:
        if isinstance(error, TimeoutError) or error.filename is None:
            raise
        raise OutputError(
            f"cannot write: {error.strerror or error}",
            where=str(error.filename),
            remedy="name another place with --out, or make room or permissions there",
        ) from error
