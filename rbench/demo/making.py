"""From a run to the page: which files, what items are called, what is said about them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from rbench import litertjs
from rbench.demo import page
from rbench.errors import OutputError, UsageError
from rbench.records import Run
from rbench.records.caveats import features_of, filtered
from rbench.ship.cell import Chosen, choose_cell
from rbench.ship.names import Titles, names_of
from rbench.signatures import (
    INPUT,
    NEXT,
    OUTPUT_ITEMS,
    OUTPUT_SCORES,
    QUERY,
    RESTORE,
    SIGNATURE,
    UPDATE,
    USER,
)
from rbench.system.writing import write_atomically, writing
from rbench.tflite import mapped, read

STARTERS = 12
"""Items that the empty page offers: the first of the vocabulary, which is ordered by frequency."""
MOST_MODELS = 4
"""Beside each other; more do not fit a screen."""
LEARNING = {"update": UPDATE, "restore": RESTORE, "user": USER, "query": QUERY, "next": NEXT}
"""What a file that learns calls its signatures and their tensors."""


class Demo(NamedTuple):
    """A page that was made."""

    files: dict[str, bytes]
    """Name -> content; one where it is a single file."""
    cells: tuple[str, ...]
    """``ENCODER/RECIPE``, in the page's order."""
    notes: tuple[str, ...]
    """What is worth knowing, in words."""

    def write(self, to: Path) -> None:
        """Write the file, or the folder's files. An earlier page is written over, nothing else.

        Raises:
            OutputError: something else is there, or the place cannot be written.
        """
        with writing(to, "-o"):
            single = len(self.files) == 1
            _must_be_ours(to if single else to / page.PAGE)
            if single:
                (content,) = self.files.values()
                write_atomically(to, content)
                return
            to.mkdir(parents=True, exist_ok=True)
            # The worker last: it makes the browser look for the others.
            for name, content in self.files.items():
                write_atomically(to / name, content)


def _must_be_ours(path: Path) -> None:
    """Raise unless nothing is there, or a page that was made before."""
    if path.exists() and not (path.is_file() and page.MARK.encode() in path.read_bytes()):
        raise OutputError(
            "is there already, and no page of rbench demo",
            where=str(path),
            remedy="name another place with -o",
        )


def demo(
    run: Run,
    cells: Sequence[str] = (),
    *,
    titles: Titles | None = None,
    title: str = "",
    folder: bool = False,
) -> Demo:
    """Make the page of some files of a run.

    Args:
        cells: ``ENCODER/RECIPE`` each, beside each other; the recommended one where there is none.
        titles: a table with what people call the items.
        title: the page's heading; the study's name where empty.
        folder: make a page to be served, which a service worker keeps, and not one file.

    Raises:
        UsageError: no such cell, one twice, too many, or a file that browsers cannot run.
        RecordError: a cell failed, was not verified, or its file changed since.
        DataError: the titles cannot be read or are of other items.
        ToolError: LiteRT.js is not here.
    """
    runtime = litertjs.fetched()
    if len(set(cells)) < len(cells):
        raise UsageError("a cell is named twice", where=f"--cell {' '.join(cells)}")
    if len(cells) > MOST_MODELS:
        raise UsageError(f"{len(cells)} cells", where="--cell", allowed=f"at most {MOST_MODELS}")
    chosen = [choose_cell(run, name) for name in cells or ("",)]
    for one in chosen:
        _must_run_in_browsers(one)
        _must_know_items_alone(one)
    named = [names_of(run, one.record, titles) for one in chosen]
    if any(other.items != named[0].items for other in named):
        raise UsageError("the cells are of different splits of the log", where=str(run.folder))
    items, notes = named[0]
    shown = next(iter(items.columns.values()), items.items)
    hashes = "".join(one.model.sha256 for one in chosen)
    columns = tuple(_columns(chosen))
    facts = page.Facts(
        key=hashlib.sha256(hashes.encode()).hexdigest() if chosen[1:] else chosen[0].model.sha256,
        models=columns,
        names=shown,
        ids=items.items,
        starters=tuple(range(1, min(STARTERS, len(items.items) - 1) + 1)),
        filters=filtered(run),
        offline=folder,
        contract={
            "signature": SIGNATURE,
            "input": INPUT,
            "items": OUTPUT_ITEMS,
            "scores": OUTPUT_SCORES,
            **(LEARNING if any(one.learns for one in columns) else {}),
        },
    )
    models = [one.path.read_bytes() for one in chosen]
    head = page.Head(
        title=title or run.info.study or "What next?",
        rbench=run.info.rbench,
        about=_about(chosen),
        told=(*_told(chosen), *_runtime(runtime)),
    )
    return Demo(
        page.files(facts, head, runtime, models),
        tuple(_name(one) for one in chosen),
        notes,
    )


def _name(one: Chosen) -> str:
    return f"{one.record.cell.encoder}/{one.record.cell.recipe}"


def _must_run_in_browsers(one: Chosen) -> None:
    """The runtime in browsers keeps no state between the operators of a graph.

    Raises:
        UsageError: the file has variable tensors.
    """
    graphs = read(mapped(one.path)).subgraphs
    if any(tensor.isVariable for graph in graphs for tensor in graph.tensors):
        raise UsageError(
            "keeps a state in variable tensors, which LiteRT.js does not support",
            where=_name(one),
            remedy="take its form without: --cell "
            f"{one.record.cell.encoder}/unrolled+{one.record.cell.recipe}",
        )


def _must_know_items_alone(one: Chosen) -> None:
    """The page knows which items were touched, and not when.

    Raises:
        UsageError: the file is given more.
    """
    inputs = sorted(features_of(one.record))
    if inputs:
        raise UsageError(
            f"is given {', '.join(inputs)} beside the items, which the page does not know",
            where=_name(one),
            remedy="take a model of ids alone",
        )


def _kilobytes(size: int) -> str:
    return f"{size / 1000:,.0f} KB"


def _ndcg(one: Chosen) -> str:
    found = one.quality.metrics.get("ndcg@10")
    return f"NDCG@10 {found.value:.3f}" if found else ""


def _columns(chosen: Sequence[Chosen]) -> Iterator[page.Model]:
    """A column for each file, and one beside it where it learns."""
    for number, one in enumerate(chosen):
        about = (_kilobytes(one.model.size_bytes), _ndcg(one))
        yield page.Model(name=_name(one), about=" · ".join(filter(None, about)), file=number)
        keys = {known.signatureKey for known in read(mapped(one.path)).signatureDefs}
        if UPDATE.encode() in keys:
            yield page.Model(
                name=f"{_name(one)}, learning",
                about="the same file, which learns from what you touch",
                file=number,
                learns=True,
            )


def _about(chosen: Sequence[Chosen]) -> str:
    if len(chosen) > 1:
        return f"{len(chosen)} models, beside each other."
    return f"{_name(chosen[0])}, {_kilobytes(chosen[0].model.size_bytes)}."


def _told(chosen: Sequence[Chosen]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (
            _name(one),
            f"{one.model.size_bytes:,} bytes, sha256 {one.model.sha256}"
            + (f", {_ndcg(one)} on the log's test users" if _ndcg(one) else ""),
        )
        for one in chosen
    )


def _runtime(runtime: litertjs.Runtime) -> tuple[tuple[str, str], ...]:
    return (
        (
            "Runtime",
            f"LiteRT.js {litertjs.VERSION}, WebAssembly on the CPU, licence {litertjs.LICENCE}, "
            f"sha256 of its files {runtime.sha256}",
        ),
    )
