"""A run's file as an app team gets it: everything made first, then put there at once."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import msgspec

from rbench.errors import OutputError
from rbench.records import Run
from rbench.records.caveats import features_of, filtered, gaps, history_of
from rbench.ship import documents as doc
from rbench.ship.answers import ModelRunner
from rbench.ship.card import card
from rbench.ship.cell import Chosen, choose_cell
from rbench.ship.golden import golden
from rbench.ship.names import Named, Titles, names_of, packed
from rbench.ship.proving import Proof, prove
from rbench.ship.single import with_archive
from rbench.signatures import INPUT
from rbench.system import extras
from rbench.system.writing import write_atomically, writing
from rbench.tflite import mapped, read

PARTIAL = "partial"


class Shipped(NamedTuple):
    """What was written."""

    to: Path
    """The folder, or the one file."""
    chosen: Chosen
    contract: doc.Contract
    size_bytes: int
    """Of all files."""
    notes: tuple[str, ...]
    """What is worth knowing, in words."""
    proofs: tuple[Proof, ...] = ()
    """The other targets that gave the golden answers."""


def ship(
    run: Run,
    to: Path | str,
    cell: str = "",
    *,
    titles: Titles | None = None,
    licence: str = "",
    single_file: bool = False,
    checks: Sequence[str] = (),
) -> Shipped:
    """Write the bundle of a cell: the measured file, its contract, names, proofs and clients.

    Args:
        to: a folder that is not there or empty; with ``single_file`` a file that is not there.
        cell: ``ENCODER/RECIPE``; the recommended one if left out.
        titles: a table with what people call the items.
        licence: of the model, for its card: an identifier of Hugging Face's list.
        single_file: write one ``.tflite`` that carries everything else as a ZIP behind it.
        checks: targets that have to give the golden answers too: ``aarch64``, ``aarch64/cpu``.

    Raises:
        UsageError: the run has no such cell, or recommends none.
        NoneKeeps: no cell keeps the study's limits, and none is named.
        RecordError: the cell failed, was not verified, or its file changed since.
        DataError: the titles cannot be read or are of other items.
        ModelError, StageError: the runtime here does not run the file.
        ProofFailed, Unsupported: a target of ``checks`` answers otherwise, or is not here.
        OutputError: there is something already, or it cannot be written.
        MissingExtraError: ai-edge-litert is not installed.
    """
    place = Path(to)
    _must_be_free(place, single_file)
    extras.require("profile", "rbench ship", "ai_edge_litert")
    chosen = choose_cell(run, cell)
    named = names_of(run, chosen.record, titles)
    contract, files, proofs = _made(run, chosen, named, licence, checks)
    model = chosen.path.read_bytes()
    if hashlib.sha256(model).hexdigest() != contract.model.sha256:
        raise OutputError("was changed while it was shipped", where=str(chosen.path))
    if single_file:
        content = with_archive(model, files)
        write_atomically(place, content)
        size = len(content)
    else:
        files = {doc.MODEL: model, **files}
        _write(place, files)
        size = sum(map(len, files.values()))
    return Shipped(place, chosen, contract, size, (*gaps(run), *named.notes), proofs)


def _made(
    run: Run, chosen: Chosen, named: Named, licence: str, checks: Sequence[str]
) -> tuple[doc.Contract, dict[str, bytes], tuple[Proof, ...]]:
    """The contract, all files but the model, and where it was proved."""
    record, names = chosen.record, named.items
    features = features_of(record)
    runner = ModelRunner(chosen.path, features)
    takes_out = filtered(run)
    items = _document(packed(names))
    proof = golden(chosen.path, chosen.model.sha256, names.items, takes_out, features=features)
    proofs = prove(proof, chosen.path, checks)
    answers = _document(proof)
    said = history_of(run)
    contract = doc.Contract(
        rbench=run.info.rbench,
        cell=record.cell,
        seed=record.seed,
        study=record.study,
        created=run.info.created,
        data=record.data,
        model=doc.File(
            file=doc.MODEL, sha256=chosen.model.sha256, size_bytes=chosen.path.stat().st_size
        ),
        items=_file(doc.ITEMS, items),
        golden=_file(doc.GOLDEN, answers),
        signature=runner.signature,
        inputs=runner.inputs,
        outputs=runner.outputs,
        context=doc.Context(input=INPUT, length=runner.length),
        k=runner.k,
        catalogue=doc.Catalogue(
            items=len(names.items) - 1,
            recommendable=run.info.data.catalogue if run.info.data else len(names.items) - 1,
        ),
        history=doc.HistoryFilter(filter=takes_out, reason=said.reason if said else ""),
        reset_before_query=_has_state(chosen.path),
        tap=runner.tap,
        personal=runner.personal,
    )
    files = {
        doc.CONTRACT: _document(contract),
        doc.ITEMS: items,
        doc.GOLDEN: answers,
        doc.CARD: card(run, chosen, contract, proof, proofs, licence).encode(),
        **{name: _client(name) for name in doc.CLIENTS},
    }
    sums = {doc.MODEL: chosen.model.sha256, **{name: _sha(one) for name, one in files.items()}}
    files[doc.SUMS] = "".join(f"{sums[name]}  {name}\n" for name in sorted(sums)).encode()
    return contract, files, proofs


def _has_state(path: Path) -> bool:
    """Whether variable tensors outlive a query."""
    return any(
        tensor.isVariable for graph in read(mapped(path)).subgraphs for tensor in graph.tensors
    )


def _client(name: str) -> bytes:
    return (resources.files("rbench.ship.clients") / name).read_bytes()


def _document(document: doc.Document) -> bytes:
    return msgspec.json.encode(document, order="deterministic") + b"\n"


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _file(name: str, content: bytes) -> doc.File:
    return doc.File(file=name, sha256=_sha(content), size_bytes=len(content))


def _must_be_free(place: Path, single_file: bool) -> None:
    """Nothing that is there is written over.

    Raises:
        OutputError: something is there.
    """
    with writing(place, "--to"):
        if single_file:
            if place.exists() or place.is_symlink():
                raise OutputError(
                    "is there already", where=str(place), remedy="name another file with --to"
                )
            return
        if place.is_dir() and not any(place.iterdir()):
            return
        if place.exists() or place.is_symlink():
            what = (
                "the folder is not empty" if place.is_dir() else "is there already, and no folder"
            )
            raise OutputError(
                what,
                where=str(place),
                allowed="a new or an empty folder",
                remedy="name another one with --to, or take away what lies there",
            )


def _write(place: Path, files: dict[str, bytes]) -> None:
    """A folder, whole or not at all: written beside its place, then moved there."""
    with writing(place, "--to"):
        target = Path(os.path.realpath(place))
        target.parent.mkdir(parents=True, exist_ok=True)
        torn = target.with_name(f".{target.name[:80]}.{secrets.token_hex(4)}")
        try:
            torn.mkdir()
            for name, content in files.items():
                write_atomically(torn / name, content)
            if target.is_dir():
                target.rmdir()
            torn.rename(target)
        finally:
            shutil.rmtree(torn, ignore_errors=True)
