"""Which cell is shipped, and whether its file is still the one that was measured."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from rbench.choose import NoneKeeps, recommended
from rbench.errors import RecordError, UsageError, choices
from rbench.records import ModelFile, Quality, Record, Run
from rbench.records.artefacts import changed

INFO = "run.json"


class Chosen(NamedTuple):
    """A file that may be shipped."""

    record: Record
    """The one whose latency stands first."""
    model: ModelFile
    quality: Quality
    path: Path
    cells: tuple[Record, ...]
    """All of the file's, one a target, whatever became of them."""
    recommended: bool
    """Whether it is the one that the report recommends."""


def choose_cell(run: Run, name: str = "") -> Chosen:
    """The cell called ``ENCODER/RECIPE``, or the one that the report recommends.

    Raises:
        UsageError: the run has no such cell, or recommends none.
        NoneKeeps: no cell keeps the study's limits, and none is named.
        RecordError: it failed, was not verified, or its file is not the measured one.
    """
    if run.info.data is None:
        raise RecordError(
            "the run does not say what it was trained on",
            where=str(run.folder / INFO),
            allowed="a run.json with data, as a sweep writes it",
            remedy="run the same sweep again with --out: what is done is not done again",
        )
    if not name:
        advised = recommended(run)
        if advised is None:
            raise UsageError(
                "no cell of this run can be recommended: none was finished with a score",
                where=str(run.folder),
                remedy="the report says why, beside each cell: rbench report",
            )
        return _verified(run, advised, recommended=True)
    cells = [record for record in run.records if _name(record) == name]
    if not cells:
        raise UsageError(
            f"the run has no cell {name!r}",
            where=str(run.folder),
            allowed=choices({_name(record) for record in run.records}) or "none is there",
        )
    advised = _advised(run)
    finished = [record for record in cells if record.state == "ok"]
    is_advised = advised is not None and _name(advised) == name
    first = advised if is_advised and advised in finished else None
    return _verified(run, first or (finished or cells)[0], recommended=is_advised)


def _advised(run: Run) -> Record | None:
    """The recommended cell, also where none keeps the limits: then there is none."""
    try:
        return recommended(run)
    except NoneKeeps:
        return None


def _name(record: Record) -> str:
    return f"{record.cell.encoder}/{record.cell.recipe}"


def _verified(run: Run, record: Record, recommended: bool) -> Chosen:
    where = f"{run.folder}: {_name(record)}"
    if record.state != "ok":
        raise RecordError(
            f"is {record.state}, not shipped: {record.reason or 'no reason was recorded'}",
            where=where,
            remedy=_others(run, record),
        )
    model, quality = record.model, record.quality
    if model is None or quality is None or quality.parity is None:
        missing = "file" if model is None else "score" if quality is None else "parity"
        raise RecordError(
            f"was not verified, and is not shipped: the record has no {missing}",
            where=where,
            allowed="a cell whose file was scored and compared with the model it was made from",
            remedy=_others(run, record),
        )
    path = run.folder / model.path
    if not path.resolve().is_relative_to(run.folder.resolve()):
        raise RecordError(f"its file lies outside the run: {model.path}", where=where)
    try:
        complaint = changed(path, model.sha256)
    except OSError as error:
        complaint = f"cannot be read: {error.strerror or error}"
    if complaint:
        raise RecordError(
            f"{complaint}; what was measured is not shipped under another's numbers",
            where=str(path),
            remedy="run the same sweep again with --out: it puts the measured file back",
        )
    same = tuple(one for one in run.records if _name(one) == _name(record))
    return Chosen(record, model, quality, path, same, recommended)


def _others(run: Run, record: Record) -> str:
    ready = _ready(run.records)
    return f"ready to ship: {choices(ready)}" if ready else "no cell of this run is ready to ship"


def _ready(records: Sequence[Record]) -> set[str]:
    return {
        _name(one)
        for one in records
        if one.state == "ok" and one.model and one.quality and one.quality.parity
    }
