"""``rbench inspect``: what is in a .tflite, ours or a stranger's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import msgspec

from rbench.cells.target import Target
from rbench.cli.paths import must_be_text
from rbench.cli.reachable import reachable
from rbench.cli.terminal import json_document
from rbench.convert import Inventory, take_inventory
from rbench.errors import ModelError, StageError, Unsupported
from rbench.profile import node_census
from rbench.profile.tool import tool_of
from rbench.progress import Progress, Reporter, silent
from rbench.records import Delegation
from rbench.system import extras
from rbench.tflite import ExternalFile, external_files, mapped, placed

REFUSED = "the runtime refuses the file"
"""How a reason begins that the runtime gave itself: it did not crash, nor go on for ever."""

Loaded = dict[Target, Delegation | str]
"""Target -> what its delegate takes, or why the file does not load."""


@click.command(
    epilog="""\b
Examples:
  rbench inspect model.tflite
  rbench inspect runs/latest/models/bow/float32.tflite --json

\b
Exit codes:
  0  the file was read; where the runtime refuses it, that is shown beside
  2  it is no .tflite, torn, or crashes the runtime
""",
)
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, for programs.")
def command(model: Path, as_json: bool) -> int:
    """Show what is in the file MODEL, any .tflite.

    Size, signatures, operators, constants with their zeros and distinct values, what is stored
    twice, multiply-accumulates of a query, weights in other files, and the nodes that XNNPACK and
    a GPU take. Nothing is run.
    """
    extras.require("profile", "rbench inspect")
    must_be_text(model)
    with _said(model) as report:
        found = _read(model, report)
        outside = external_files(model) if found.external else ()
        report(Progress(done=0, total=0, text="loading"))
        with reachable(model) as told:
            loaded = {target: _load(told, target) for target in node_census.loaded()}
    for target, taken in loaded.items():
        crashed = isinstance(taken, str) and not taken.startswith(REFUSED)
        if crashed and target.known.takes == "nothing":
            raise ModelError(str(taken), where=str(model), remedy="convert or download it again")
    if as_json:
        json_document(_document(model, found, outside, loaded))
    else:
        from rbench.cli.inspect_view import show

        show(model, found, outside, {_title(target): taken for target, taken in loaded.items()})
    return 0


@contextmanager
def _said(path: Path) -> Iterator[Reporter]:
    """Say how far it is, on a terminal only."""
    from rbench.cli.screen import Screen, words

    console = Screen(err=True)
    if not console.is_terminal:
        yield silent
        return
    with console.status(words(f"{path}: reading")) as status:

        def report(progress: Progress) -> None:
            share = f" {progress.done / progress.total:.0%}" if progress.total else ""
            status.update(words(f"{path}: {progress.text}{share}"))

        yield report


def _read(path: Path, report: Reporter) -> Inventory:
    """The content is mapped: what may be a film is not read.

    Raises:
        ModelError: the file cannot be read, is no .tflite, or a torn one.
    """
    try:
        return take_inventory(mapped(path), report, sampled=True)
    except ModelError as error:
        raise error if error.where else placed(error, path) from error


def _title(target: Target) -> str:
    return str(target) if "/" in str(target) else target.known.title or target.delegate


def _load(path: Path, target: Target) -> Delegation | str:
    try:
        return tool_of(target).nodes(path, target.delegate)
    except StageError as error:
        return error.what
    except Unsupported as error:
        return "; ".join(filter(None, (error.what, error.remedy)))


def _document(
    path: Path, found: Inventory, outside: tuple[ExternalFile, ...], loaded: Loaded
) -> dict[str, Any]:
    return {
        "path": str(path),
        **msgspec.to_builtins(found),
        "external": [
            {
                "name": file.name,
                "needs_bytes": file.needs_bytes,
                "size_bytes": file.size_bytes,
                "missing": file.size_bytes is None,
            }
            for file in outside
        ],
        "delegation": {
            str(name): {"refused": taken} if isinstance(taken, str) else msgspec.to_builtins(taken)
            for name, taken in loaded.items()
        },
    }
