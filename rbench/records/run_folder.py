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

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import msgspec

from rbench.bounds import CELLS
from rbench.errors import RecordError
from rbench.records import SCHEMA, Items, Record, Run, RunInfo
from rbench.system.reading import content_of, kind_of
from rbench.system.writing import write_atomically
from rbench.text.twice import twice_in

DEEPEST = 50
"""Levels of a document that is read."""
MOST_BYTES = 1 << 24
"""Of a record or a run.json; those that rbench writes have some thousand."""
MOST_ITEMS_BYTES = 1 << 28
"""Of an items.json: millions of ids."""
MOST_RECORDS_BYTES = 1 << 27
"""Of all records of a run; ten thousand have some 50 million."""
MOST_VALUES = 10_000_000
"""Numbers, texts, lists and tables in all records of a run: what they take of the memory."""
_REMEDY = "run the sweep again: it rewrites its records"

ITEMS = "items.json"
"""Name of the document in a run folder."""

Upgrade = Callable[[dict[str, Any]], dict[str, Any]]
UPGRADES: dict[int, Upgrade] = {}
"""Schema -> what makes a document of that schema one of the next; complete up to `SCHEMA`."""

_KEY = re.compile(rb'"\s*:')
"""How a key ends. Texts may hold it too, after a backslash: then it is looked at closely."""

T = TypeVar("T")


def read_run(folder: Path | str) -> Run:
    """Read a run folder.

    Raises:
        RecordError: the folder or its records.jsonl is missing, or a document is torn or newer
            than this rbench. A missing run.json leaves a run without a name.
    """
    folder = Path(folder)
    records, path = folder / "records.jsonl", folder / "run.json"
    if not records.is_file():
        kind = kind_of(records)
        raise RecordError(
            f"records.jsonl is {kind}, no file" if kind else "no records.jsonl here",
            where=str(folder),
            allowed="the folder of a run",
            remedy="make one with: rbench sweep --out " + str(folder),
        )
    info = _nameless()
    if path.is_file() or kind_of(path):
        info = _decode(_read(path, MOST_BYTES), RunInfo, str(path))
    return Run(folder=folder, info=info, records=tuple(read_records(records)))


def _nameless() -> RunInfo:
    return RunInfo(study="", created="", rbench="")


def read_records(path: Path) -> list[Record]:
    """The records of a ``records.jsonl``.

    Raises:
        RecordError: with the file's line and the key, if one cannot be read.
    """
    try:
        with path.open("rb") as file:
            return list(_records(file, path))
    except OSError as error:
        raise _unreadable(path, error) from error


def _records(file: BinaryIO, path: Path) -> Iterator[Record]:
    """The records, one line in the memory at a time."""
    bytes_, records, values = 0, 0, 0
    for number, line in enumerate(iter(lambda: file.readline(MOST_BYTES + 1), b""), start=1):
        where = f"{path}, line {number}"
        bytes_ += len(line)
        if len(line) > MOST_BYTES:
            raise _too_large(f"a record of more than {MOST_BYTES:,} bytes", where)
        if bytes_ > MOST_RECORDS_BYTES:
            raise _too_large(f"more than {MOST_RECORDS_BYTES:,} bytes of records", str(path))
        if not line.strip():
            continue
        records += 1
        if records > CELLS:
            raise _too_large(f"more than {CELLS:,} records", str(path))
        document = _parsed(line, where)
        values += _bearable(document, line, where)
        if values > MOST_VALUES:
            raise _too_large(f"more than {MOST_VALUES:,} values in the records", where)
        yield _converted(document, Record, where)


def _too_large(what: str, where: str) -> RecordError:
    allowed = f"{CELLS:,} records, of {MOST_BYTES:,} bytes each and {MOST_RECORDS_BYTES:,} in all"
    return RecordError(what, where=where, allowed=allowed, remedy=_REMEDY)


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
        if len(line) > MOST_BYTES:
            raise _too_large(f"a record of {len(line):,} bytes", str(record.cell))
    write_atomically(path, b"".join(line for _, line in lines))


def write_info(path: Path, info: RunInfo) -> None:
    """Write a run.json, atomically."""
    encoded = msgspec.json.encode(info, order="deterministic")
    write_atomically(path, msgspec.json.format(encoded) + b"\n")


def read_items(folder: Path | str) -> Items:
    """The items.json of a run folder.

    Raises:
        RecordError: it is not there, or torn or newer than this rbench, or its ids were changed.
    """
    path = Path(folder) / ITEMS
    items = _decode(_read(path, MOST_ITEMS_BYTES), Items, str(path))
    if items.sha256 and items.sha256 != _digest(items.items):
        raise RecordError(
            "its ids are not those that the sweep wrote: their checksum is another",
            where=str(path),
            remedy="run the same sweep again with --out: what is done is not done again",
        )
    return items


def write_items(folder: Path, items: Items) -> None:
    """Write a run folder's items.json with its checksum, atomically, unless it lies there as it
    should be.

    Raises:
        OutputError: the place cannot be written.
    """
    path = folder / ITEMS
    items = msgspec.structs.replace(items, sha256=_digest(items.items))
    content = msgspec.json.encode(items, order="deterministic") + b"\n"
    if not (path.is_file() and path.read_bytes() == content):
        write_atomically(path, content)


def _digest(ids: Sequence[str]) -> str:
    return hashlib.sha256(msgspec.json.encode(ids)).hexdigest()


def _read(path: Path, most: int) -> bytes:
    try:
        if kind := kind_of(path):
            raise RecordError(f"cannot read: it is {kind}, no file", where=str(path))
        return content_of(path, most)
    except OSError as error:
        raise _unreadable(path, error) from error
    except ValueError as error:
        raise RecordError(f"cannot read: {error}", where=str(path), remedy=_REMEDY) from error


def _unreadable(path: Path, error: OSError) -> RecordError:
    return RecordError(f"cannot read: {error.strerror or error}", where=str(path))


def _decode(content: bytes, kind: type[T], where: str) -> T:
    document = _parsed(content, where)
    _bearable(document, content, where)
    return _converted(document, kind, where)


def _parsed(content: bytes, where: str) -> Any:
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RecordError(
            f"no JSON document: {error}",
            where=where,
            remedy="the file is torn: run the sweep again, it rewrites its records",
        ) from error


def _converted(document: Any, kind: type[T], where: str) -> T:
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


def _bearable(document: Any, content: bytes, where: str) -> int:
    """Refuse what no rbench writes and no table can hold: numbers beyond 64 bits, deep nesting, a
    key that stands twice.

    Args:
        content: the document's text.

    Returns:
        How many values there are.

    Raises:
        RecordError: naming the key.
    """
    left: list[tuple[Any, str, int]] = [(document, "", 0)]
    values = keys = 0
    while left:
        value, key, depth = left.pop()
        values += 1
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise RecordError(
                f"a number beyond 64 bits at {key or 'the top'}", where=where, allowed="int64"
            )
        if depth > DEEPEST:
            raise RecordError(f"more than {DEEPEST} levels at {key}", where=where)
        if isinstance(value, dict):
            keys += len(value)
            left += [(one, f"{key}.{name}"[-200:], depth + 1) for name, one in value.items()]
        elif isinstance(value, list):
            left += [(one, key, depth + 1) for one in value]
    if keys != sum(1 for _ in _KEY.finditer(content)) and (twice := twice_in(content)):
        raise RecordError(
            f"the key {twice!r} stands twice: which of two values counts, nobody could see",
            where=where,
            remedy=_REMEDY,
        )
    return values
