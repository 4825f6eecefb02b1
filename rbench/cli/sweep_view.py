"""What a terminal shows of a sweep: a bar a job under way, one over all, and the end in a table.

Where the output is no terminal, a line a finished stage instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from rich import box
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from rbench.cli.screen import Screen, Table
from rbench.metrics.found import HEADLINE
from rbench.progress import Progress as Standing
from rbench.records import Quality, Record, Run
from rbench.records.caveats import asks_now, notes_of
from rbench.sweeping.jobs import AnyJob
from rbench.sweeping.store import Failure
from rbench.text.shown import line

WIDE = 160
"""Columns where the output is no terminal."""
TRAINING = ("train", "federate")
SHOWN = HEADLINE[:2]
"""Metrics of the table at the end."""


class View:
    """An `rbench.sweeping.observer.Observer` that draws with rich, on standard error."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.console = Screen(err=True, quiet=quiet)
        self.live = self.console.is_terminal
        self.bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[text]}", style="dim", markup=False),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self.console,
            transient=True,
            disable=not self.live,
        )
        self.whole: TaskID | None = None
        self.tasks: dict[str, TaskID] = {}
        self.said: set[str] = set()
        self.total = 0
        self.done = 0

    def __enter__(self) -> View:
        self.bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.bars.stop()

    def planned(self, jobs: Sequence[AnyJob]) -> None:
        self.total = len(jobs)
        if jobs:
            self.whole = self.bars.add_task("jobs", total=len(jobs), text="")

    def started(self, job: AnyJob) -> None:
        self.tasks[job.key] = self.bars.add_task(line(name_of(job)), total=None, text="")
        if not self.live and job.stage in TRAINING:
            self.console.say(f"{name_of(job)} …")

    def moved(self, job: AnyJob, progress: Standing) -> None:
        task = self.tasks.get(job.key)
        if task is not None:
            self.bars.update(
                task, completed=progress.done, total=progress.total, text=line(progress.text)
            )

    def ended(self, job: AnyJob, failure: Failure | None) -> None:
        self.done += 1
        task = self.tasks.pop(job.key, None)
        if task is not None:
            self.bars.remove_task(task)
        if self.whole is not None:
            self.bars.advance(self.whole)
        if failure is not None and failure.reason in self.said:
            return  # a job behind the one that failed, or another round of it
        if failure is not None:
            self.said.add(failure.reason)
            self.console.say((failure.state, "red"), f" {name_of(job)}: {failure.reason}")
        elif not self.live and job.stage in ("baselines", *TRAINING, "convert"):
            self.console.say(f"{name_of(job)} done ({self.done} of {self.total})")

    def noticed(self, text: str) -> None:
        self.console.say(("note", "yellow"), f" {text}")

    def finished(self, run: Run, page: Path) -> None:
        """The end: a table of the run, and where everything lies."""
        self.bars.stop()
        out = Screen(quiet=self.console.quiet)
        if not out.is_terminal:  # a log file has no edge to wrap at
            out = Screen(quiet=self.console.quiet, width=WIDE)
        out.print(table(run))
        for note in notes_of(run):
            out.say(f"note: {note}")
        for record in run.records:
            if record.state != "ok":
                out.say(f"{record.state}: {record.cell}: {record.reason}")
        counts = ", ".join(f"{n} {state}" for state, n in _counts(run).items() if n)
        out.say(f"{len(run.records)} cells: {counts}")
        out.say(f"records  {run.folder / 'records.jsonl'}")
        out.say(f"report   {page}")


def name_of(job: AnyJob) -> str:
    """A job in a few words."""
    known: Any = job
    words = [job.stage]
    if hasattr(known, "encoder"):
        words.append(known.encoder.label)
    if hasattr(known, "recipe") and job.stage == "convert":
        words.append(known.recipe)
    if hasattr(known, "target"):
        words.append(known.target)
    if getattr(known, "seed", 1) != 1 and hasattr(known, "encoder"):
        words.append(f"seed {known.seed}")
    return " ".join(words)


def table(run: Run) -> Table:
    """Encoder x recipe: size, quality, and the median latency on each target."""
    targets = list(dict.fromkeys(record.cell.target for record in run.records))
    drawn = Table(
        title=f"study {run.info.study}",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        caption="? is an unstable timing; the report says why" if _unstable(run) else None,
        caption_justify="left",
    )
    drawn.add_column("encoder", no_wrap=True)
    drawn.add_column("recipe", no_wrap=True)
    for heading in (
        "bytes",
        "gzip",
        *SHOWN,
        *(f"{one}{_unit(run, one)}" for one in targets),
    ):
        drawn.add_column(heading, justify="right", no_wrap=True)
    files: dict[tuple[str, str], dict[str, Record]] = {}
    for record in sorted(run.records, key=asks_now):
        place = (record.cell.encoder, record.cell.recipe)
        files.setdefault(place, {})[record.cell.target] = record
    timed = False
    for (encoder, recipe), cells in files.items():
        first = next(iter(cells.values()))
        if asks_now(first) and not timed:
            timed = True
            drawn.add_section()
        model, quality = first.model, first.quality
        drawn.add_row(
            encoder,
            recipe,
            f"{model.size_bytes:,}" if model else "-",
            f"{model.gzip_bytes:,}" if model else "-",
            *_quality(quality),
            *(_latency(cells.get(target)) for target in targets),
        )
    drawn.add_section()
    for name, quality in run.info.baselines.items():
        drawn.add_row(name, "baseline", "", "", *_quality(quality))
    ideal = run.info.data.ideal if run.info.data else {}
    if ideal:
        best = (f"{ideal[name]:.4f}" if name in ideal else "-" for name in SHOWN)
        drawn.add_row("(best possible)", "", "", "", *best)
    return drawn


def _quality(quality: Quality | None) -> list[str]:
    return [f"{quality.metrics[name].value:.4f}" if quality else "-" for name in SHOWN]


def _unstable(run: Run) -> bool:
    timings = (record.timing for record in run.records)
    return any(timing is not None and timing.verdict != "stable" for timing in timings)


def _latency(record: Record | None) -> str:
    if record is not None and record.state == "ok" and record.check is not None:
        return "same answers"
    if record is None or record.timing is None:
        return record.state if record is not None else "-"
    mark = "" if record.timing.verdict == "stable" else " ?"
    return f"{record.timing.median_us:,.1f}{mark}"


def _unit(run: Run, target: str) -> str:
    """Of a target's column: none where nothing is ever timed."""
    checked = any(record.check for record in run.records if record.cell.target == target)
    return "" if checked else " us"


def _counts(run: Run) -> dict[str, int]:
    states = ("ok", "unsupported", "failed", "skipped")
    return {state: sum(record.state == state for record in run.records) for state in states}
