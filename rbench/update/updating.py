"""An update of one file of a run: a run folder with the file that has more items, and its patch."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from rbench.convert.inventory import take_inventory
from rbench.data import item_tables
from rbench.data.item_features import item_features
from rbench.data.settings import DataSettings, ItemsSettings
from rbench.errors import DataError, OutputError, RecordError, UsageError
from rbench.records import Items, Record, Run
from rbench.records.run_folder import ITEMS, write_info, write_items, write_records
from rbench.ship.bundle import ship
from rbench.ship.cell import Chosen, choose_cell
from rbench.ship.names import names_of
from rbench.system import extras
from rbench.system.writing import write_atomically, writing
from rbench.update.encoding import Vectors
from rbench.update.estimating import from_features, with_interactions
from rbench.update.growing import Opened, grown, opened
from rbench.update.patches import bsdiff_bytes, zstd_patch, zstd_patched
from rbench.update.recent import first_contexts
from rbench.update.stored import Floats

PATCH, BUNDLE = "update.zst", "bundle"
"""In the folder of an update: what travels, and what an app needs of the new file."""


@dataclass(frozen=True)
class Updated:
    """What came of it."""

    folder: Path
    cell: str
    facts: dict[str, Any]
    """As in the record: `rbench.records.ModelFile.census`, ``update``."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Known:
    """What a run knows of the items."""

    names: tuple[str, ...]
    """By index; 0 is padding."""
    settings: ItemsSettings | None
    data: DataSettings


def update(
    run: Run,
    to: Path,
    cell: str = "",
    *,
    items: Path | None = None,
    log: Path | None = None,
    retire: Sequence[str] = (),
) -> Updated:
    """Give a file rows for items that are new in a table, and close those that are retired.

    Args:
        to: a folder that is not there or empty; it becomes a run folder.
        cell: ``ENCODER/RECIPE``; the recommended one if left out.
        items: a table with new items, in the columns that the study's ``[items]`` names; what is
            in it and known already stays as it is.
        log: interactions since, with what their users had before.
        retire: the log's ids of items that must not come back.

    Raises:
        UsageError: nothing is asked for, or the run has no such cell.
        DataError: a table or the log cannot be read, or nothing in it is new.
        Unsupported: the file cannot be updated.
        OutputError: there is something already, or it cannot be written.
    """
    extras.require("profile", "rbench update", "ai_edge_litert")
    if items is None and not retire:
        raise UsageError(
            "nothing to update", remedy="name new items, --items FILE, or old ones, --retire FILE"
        )
    if log is not None and items is None:
        raise UsageError("--log is of new items", remedy="name them: --items FILE")
    _must_be_free(to)
    chosen = choose_cell(run, cell)
    known = _known(run, chosen)
    content = chosen.path.read_bytes()
    file = opened(content)
    if len(file.table) != len(known.names) - 1:
        raise RecordError(
            f"names {len(known.names) - 1:,} items, the file has {len(file.table):,}",
            where=str(run.folder / ITEMS),
        )
    closed = _indices(retire, known.names)
    fresh = _fresh(items, known) if items else ()
    rows, facts, notes = _rows(file, chosen, known, items, log, fresh)
    made = grown(file, rows, closed)
    patch = zstd_patch(content, made.content)
    if zstd_patched(content, patch) != made.content:
        raise RecordError("the patch does not give the new file", where=str(chosen.path))
    facts |= {
        "of": hashlib.sha256(content).hexdigest(),
        "new_items": len(fresh),
        "retired_items": len(closed - file.closed),
        "closed_items": len(closed | file.closed),
        "shortened_rows": made.shortened,
        "update_bytes": len(patch),
        "bsdiff_bytes": bsdiff_bytes(content, made.content),
        "share_of_file": round(len(patch) / len(made.content), 5),
    }
    _write(run, chosen, to, (*known.names, *fresh), made.content, patch, facts)
    name = f"{chosen.record.cell.encoder}/{chosen.record.cell.recipe}"
    return Updated(to, name, facts, notes)


def _known(run: Run, chosen: Chosen) -> _Known:
    names = names_of(run, chosen.record, None).items.items
    said = run.info.settings
    try:
        settings = said.get("items")
        return _Known(
            names,
            msgspec.convert(settings, ItemsSettings) if settings else None,
            msgspec.convert(said.get("data", {}), DataSettings),
        )
    except msgspec.ValidationError as error:
        raise RecordError(
            f"the study's settings cannot be read: {error}", where=str(run.folder / "run.json")
        ) from error


def _fresh(items: Path, known: _Known) -> tuple[str, ...]:
    """The ids in a table that no index has, in its order."""
    table = item_tables.read(items)
    name = known.settings.id_column if known.settings else ""
    key = item_tables.id_column(table.header, name, str(items))
    every = dict.fromkeys(row[key].strip() for row in table.rows if len(row) > key)
    old = set(known.names)
    found = tuple(name for name in every if name and name not in old)
    if not found:
        raise DataError(
            f"none of its {len(every):,} items is new: the model knows all of them",
            where=str(items),
            remedy="name a table with new ones, and their ids as in the log",
        )
    return found


def _indices(retire: Sequence[str], names: Sequence[str]) -> frozenset[int]:
    index = {name: place for place, name in enumerate(names) if place}
    unknown = [name for name in retire if name not in index]
    if unknown:
        raise DataError(
            f"{len(unknown):,} items to retire that the model does not know, e.g. {unknown[0]!r}",
            allowed="the log's own ids, as in items.json",
        )
    if retire and len(set(retire)) == len(index):
        raise DataError("every item would be retired: nothing is left to recommend")
    return frozenset(index[name] for name in retire)


def _rows(
    file: Opened,
    chosen: Chosen,
    known: _Known,
    items: Path | None,
    log: Path | None,
    fresh: Sequence[str],
) -> tuple[Floats, dict[str, Any], tuple[str, ...]]:
    """The new rows, and how they came about."""
    if not fresh or items is None:
        return np.zeros((0, file.table.shape[1]), np.float32), {}, ()
    notes: list[str] = []
    starts = np.repeat(file.table.mean(axis=0, keepdims=True), len(fresh), axis=0)
    facts: dict[str, Any] = {"with_features": 0, "with_interactions": 0}
    if known.settings:
        there = Path(known.settings.path).expanduser().is_file()
        path = known.settings.path if there else str(items)
        if not there:
            notes.append(
                f"{known.settings.path} is not there: what known items have is read from {items}"
            )
        learnt = item_features(msgspec.structs.replace(known.settings, path=path), known.names[1:])
        more = item_features(
            msgspec.structs.replace(known.settings, path=str(items)), fresh, learnt.features.names
        )
        have = more.features.matrix()
        starts = from_features(file.table, learnt.features.matrix(), have)
        facts["with_features"] = int(have.any(axis=1).sum())
        notes += more.notes
    else:
        notes.append("the study names no columns of items: new rows begin at the mean of all rows")
    if log is not None:
        scorer = file.graph.operators[file.place.scorer]
        vectors = Vectors(chosen.path, int(scorer.inputs[0]), len(file.table))
        index = {name: place for place, name in enumerate(known.names) if place}
        places = {name: place for place, name in enumerate(fresh)}
        length = _length(file)
        contexts = first_contexts(log, known.data, index, places, length)
        seen = [vectors.of(one) for one in contexts]
        facts["with_interactions"] = sum(len(one) > 0 for one in seen)
        starts = with_interactions(starts, file.table, seen)
    return starts, facts, tuple(notes)


def _length(file: Opened) -> int:
    entry = next(one for one in file.signature.inputs if one.name in ("context", b"context"))
    return int(file.graph.tensors[entry.tensorIndex].shape[1])


def _must_be_free(to: Path) -> None:
    if to.is_symlink() or (to.exists() and not (to.is_dir() and not any(to.iterdir()))):
        raise OutputError(
            "is there already, and not empty",
            where=str(to),
            allowed="a new or an empty folder",
            remedy="name another one with --to",
        )


def _write(
    run: Run,
    chosen: Chosen,
    to: Path,
    names: tuple[str, ...],
    content: bytes,
    patch: bytes,
    facts: dict[str, Any],
) -> None:
    """A run folder, whole or not at all: the new file under its cell's records, the names, the
    patch and the bundle.
    """
    checksum = hashlib.sha256(msgspec.json.encode([chosen.record.data, names])).hexdigest()
    found = take_inventory(content)
    census = {**chosen.model.census, **found.facts(), "update": facts}
    model = msgspec.structs.replace(
        chosen.model,
        sha256=found.sha256,
        size_bytes=found.size_bytes,
        gzip_bytes=found.gzip_bytes,
        zstd_bytes=found.zstd_bytes,
        ops=found.ops,
        tensor_bytes=found.tensor_bytes,
        census=census,
        log="",
    )
    records = [_record(one, model, checksum) for one in chosen.cells if one.state == "ok"]
    data = run.info.data
    assert data is not None  # `choose_cell` has seen it
    info = msgspec.structs.replace(
        run.info,
        data=msgspec.structs.replace(
            data,
            items=data.items + facts["new_items"],
            catalogue=len(names) - 1 - facts["closed_items"],
            checksum=checksum,
        ),
        cells=len(records),
        details={**run.info.details, "update": facts},
    )
    cell = f"{chosen.record.cell.encoder}/{chosen.record.cell.recipe}"
    with writing(to, "--to"):
        target = Path(os.path.realpath(to))
        torn = target.with_name(f".{target.name[:80]}.{secrets.token_hex(4)}")
        try:
            place = torn / model.path
            place.parent.mkdir(parents=True)
            write_atomically(place, content)
            write_atomically(torn / PATCH, patch)
            write_items(torn, Items(data=checksum, items=names))
            write_records(torn / "records.jsonl", records)
            write_info(torn / "run.json", info)
            ship(Run(folder=torn, info=info, records=tuple(records)), torn / BUNDLE, cell)
            if target.is_dir():
                target.rmdir()
            torn.rename(target)
        finally:
            shutil.rmtree(torn, ignore_errors=True)


def _record(record: Record, model: Any, checksum: str) -> Record:
    """Of the new file: what was timed and scored was the one before, so times go; scores stay, and
    the page says of which file they are.
    """
    quality = record.quality and msgspec.structs.replace(record.quality, ranks="")
    return msgspec.structs.replace(
        record,
        model=model,
        data=checksum,
        timing=None,
        delegation=None,
        replicates=(),
        quality=quality,
    )
