"""What a run is compared to: another run, or a baseline file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from rbench.gate.baseline import Baseline, Mark, read_baseline, rounded
from rbench.records import ModelFile, Quality, Record, Run
from rbench.records.artefacts import Ranks, read_ranks
from rbench.records.caveats import history_of
from rbench.records.run_folder import read_run


class Made(NamedTuple):
    """One model of a run."""

    subject: str
    """``ENCODER x RECIPE``, with ``, seed N`` for further seeds."""
    record: Record
    """The first cell that has it."""
    model: ModelFile
    quality: Quality | None


@dataclass(frozen=True)
class Against:
    """A baseline, from wherever it came."""

    baseline: Baseline
    run: Run | None = None
    """The run that it is; a baseline file has none, and so no ranks."""

    def ranks(self, subject: str) -> Ranks:
        """Rank of every user's target, or why they are not known."""
        if self.run is None:
            return Ranks(None, "a baseline file has no ranks")
        return read_ranks(self.run, self._qualities.get(subject))

    @cached_property
    def _qualities(self) -> dict[str, Quality | None]:
        return {made.subject: made.quality for made in models_of(self.run)} if self.run else {}


def read_against(path: Path) -> Against:
    """The run in a folder, or the baseline in a file.

    Raises:
        RecordError: it cannot be read.
    """
    if not path.is_dir():
        return Against(read_baseline(path))
    run = read_run(path)
    return Against(baseline_of(run), run)


def baseline_of(run: Run) -> Baseline:
    """What a run's records say, as a baseline without history."""
    return Baseline(
        created=run.info.created,
        study=run.info.study,
        models={made.subject: _mark(made) for made in models_of(run)},
        filtered=filtered_of(run),
    )


def filtered_of(run: Run) -> bool | None:
    """Whether a run's histories were taken out of its rankings; None where nothing says it."""
    found = history_of(run)
    return None if found is None else found.filtered


def _mark(made: Made) -> Mark:
    quality = made.quality.metrics if made.quality else {}
    return Mark(
        size_bytes=made.model.size_bytes,
        gzip_bytes=made.model.gzip_bytes,
        data=made.record.data,
        quality=rounded(quality.items()),
    )


def models_of(run: Run) -> Iterator[Made]:
    """Each model of a run's finished cells once, in order: the one to ship, then other seeds."""
    seen: set[tuple[str, str, str, int]] = set()
    for record in run.records:
        for made in models_in(record):
            key = (made.subject, made.model.path, made.model.sha256, made.model.size_bytes)
            if key not in seen:
                seen.add(key)
                yield made


def models_in(record: Record) -> Iterator[Made]:
    """The models of one finished cell."""
    if record.state != "ok" or record.model is None:
        return
    subject = f"{record.cell.encoder} x {record.cell.recipe}"
    yield Made(subject, record, record.model, record.quality)
    for other in record.replicates:
        yield Made(f"{subject}, seed {other.seed}", record, other.model, other.quality)
