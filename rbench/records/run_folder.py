"""A run folder: where its documents lie, and how they are read and written.

A run folder holds::

    run.json          what was run on what: study, data, baselines, machine, versions, command
    records.jsonl     one `Record` a line, in the study's order
    items.json        `Items`: what the models' item ids are called in the log
    models/           ENCODER/RECIPE.tflite, and RECIPE.log with what the converter said
    artefacts/        SHA256.npz: raw timing samples and per-user ranks, named by content
    report.html       the page

All of it can be read without TensorFlow, and without the store that it was made from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from rbench.errors import RecordError
from rbench.records import SCHEMA, Items, Record, Run, RunInfo
from rbench.system.writing import write_atomically

DEEPEST = 50
"""Levels of a document that is read."""

ITEMS = "items.json"
"""Name of the document in a run folder."""

Upgrade = Callable[[dict[str, Any]], dict[str, Any]]
UPGRADES: dict[int, Upgrade] = {}
"""Schema -> what makes a document of that schema one of the next; complete up to `SCHEMA`."""

T = TypeVar("T")


def read_run(folder: Path | str) -> Run:
    """Read a run folder.

    Raises:
        RecordError: the folder or its records.jsonl is missing, or a document is torn or newer
            than this rbench. A missing run.json leaves a run without a name.
    """
    folder = Path(folder)
    if not (folder / "records.jsonl").is_file():
        raise RecordError(
            "no records.jsonl here",
            where=str(folder),
            allowed="the folder of a run",
            remedy="make one with: rbench sweep --out " + str(folder),
        )
    path = folder / "run.json"
    info = _decode(_read(path), RunInfo, str(path)) if path.is_file() else _nameless()
    return Run(folder=folder, info=info, records=tuple(read_records(folder / "records.jsonl")))


def _nameless() -> RunInfo:
    return RunInfo(study="", created="", rbench="")


def read_records(path: Path) -> list[Record]:
    """The records of a ``records.jsonl``.

    Raises:
        RecordError: with the file's line and the key, if one cannot be read.
    """
    records = []
    for number, line in enumerate(_read(path).split(b"\n"), start=1):
        if line.strip():
            records.append(_decode(line, Record, f"{path}, line {number}"))
    return records


def write_records(path: Path, records: Iterable[Record]) -> None:
    """Write all records of a run, atomically.

    Raises:
        RecordError: a record holds what JSON has no word for (infinity, not a number).
        OutputError: the place cannot be written.
    """
    encoder = msgspec.json.Encoder(order="deterministic")
    lines = [(record, encoder.encode(record) + b"\n") for record in records]
    for record, line in lines:
        # What cannot be read back must not replace what could.
        _decode(line, Record, str(record.cell))
    write_atomically(path, b"".join(line for _, line in lines))


def write_info(path: Path, info: RunInfo) -> None:
    """Write a run.json, atomically."""
    encoded = msgspec.json.encode(info, order="deterministic")
    write_atomically(path, msgspec.json.format(encoded) + b"\n")


def read_items(folder: Path | str) -> Items:
    """The items.json of a run folder.

    Raises:
        RecordError: it is not there, or torn or newer than this rbench.
    """
    path = Path(folder) / ITEMS
    return _decode(_read(path), Items, str(path))


def write_items(folder: Path, items: Items) -> None:
    """Write a run folder's items.json atomically, unless it lies there as it should be.

    Raises:
        OutputError: the place cannot be written.
    """
    path = folder / ITEMS
    content = msgspec.json.encode(items, order="deterministic") + b"\n"
    if not (path.is_file() and path.read_bytes() == content):
        write_atomically(path, content)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise RecordError(f"cannot read: {error.strerror or error}", where=str(path)) from error


def _decode(content: bytes, kind: type[T], where: str) -> T:
    try:
        document = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RecordError(
            f"no JSON document: {error}",
            where=where,
            remedy="the file is torn: run the sweep again, it rewrites its records",
        ) from error
    _bearable(document, where)
    schema = document.get("schema") if isinstance(document, dict) else None
    if type(schema) is not int or schema < 1:
        raise RecordError("no schema number", where=where, allowed=f"schema 1 to {SCHEMA}")
    if schema > SCHEMA:
        raise RecordError(
            f"schema {schema} is newer than this rbench",
            where=where,
            allowed=f"schema 1 to {SCHEMA}",
            remedy="upgrade rbench",
        )
    for older in range(schema, SCHEMA):
        document = {**UPGRADES[older](document), "schema": older + 1}
    try:
        return msgspec.convert(document, kind)
    except msgspec.ValidationError as error:
        raise RecordError(str(error), where=where, remedy="see docs/file-formats.md") from error


def _bearable(document: Any, where: str) -> None:
    """Refuse what no rbench writes and no table can hold: numbers beyond 64 bits, deep nesting.

    Raises:
        RecordError: naming the key.
    """
    left: list[tuple[Any, str, int]] = [(document, "", 0)]
    while left:
        value, key, depth = left.pop()
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise RecordError(
                f"a number beyond 64 bits at {key or 'the top'}", where=where, allowed="int64"
            )
        if depth > DEEPEST:
            raise RecordError(f"more than {DEEPEST} levels at {key}", where=where)
        if isinstance(value, dict):
            left += [(one, f"{key}.{name}"[-200:], depth + 1) for name, one in value.items()]
        elif isinstance(value, list):
            left += [(one, key, depth + 1) for one in value]
