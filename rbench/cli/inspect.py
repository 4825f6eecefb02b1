"""``rbench inspect``: what is in a .tflite, ours or a stranger's."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from rbench import extras
from rbench.convert import Inventory, take_inventory
from rbench.errors import ModelError, StageError, Unsupported
from rbench.records import Delegation

IDENTIFIER = b"TFL3"
DELEGATES = {"cpu": "plain kernels", "xnnpack": "XNNPACK", "gpu": "GPU"}
"""What is asked for its nodes, and its name for people."""

Loaded = dict[str, Delegation | str]
"""Delegate -> what it takes, or why the file does not load."""


@click.command(
    epilog="""\b
Examples:
  rbench inspect model.tflite
  rbench inspect runs/latest/models/bow/float32.tflite --json
\b
Exit codes:
  0  the file was read
  2  it is no .tflite, torn, or cannot be loaded
""",
)
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, for programs.")
def command(model: Path, as_json: bool) -> int:
    """Show what is in the file MODEL, any .tflite.

    Size, signatures, operators, constants with their zeros and distinct values, what is stored
    twice, multiply-accumulates of a query, and the nodes that XNNPACK and a GPU take. Nothing is
    run.
    """
    extras.require("profile", "rbench inspect")
    found = _read(model)
    loaded = {delegate: _load(model, delegate) for delegate in DELEGATES}
    strange = [name for name in found.ops if name == "CUSTOM" or name.startswith("BUILTIN_")]
    plain = loaded["cpu"]
    if isinstance(plain, str) and not strange:
        raise ModelError(plain, where=str(model), remedy="convert or download it again")
    if as_json:
        click.echo(_document(model, found, loaded))
    else:
        from rbench.cli.inspect_view import show

        show(model, found, {DELEGATES[name]: taken for name, taken in loaded.items()})
    return 0


def _read(path: Path) -> Inventory:
    """Look at the first bytes before reading what may be a film.

    Raises:
        ModelError: the file cannot be read, is no .tflite, or a torn one.
    """
    try:
        with path.open("rb") as file:
            head = file.read(8)
            content = head + (file.read() if head[4:] == IDENTIFIER else b"")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ModelError(f"cannot be read: {reason}", where=str(path)) from error
    try:
        return take_inventory(content)
    except ModelError as error:
        raise ModelError(
            error.what, where=str(path), allowed=error.allowed, remedy=error.remedy
        ) from error


def _load(path: Path, delegate: str) -> Delegation | str:
    from rbench.profile.nodes import nodes_taken

    try:
        return nodes_taken(path, delegate)
    except StageError as error:
        return error.what
    except Unsupported as error:
        return "; ".join(filter(None, (error.what, error.remedy)))


def _document(path: Path, found: Inventory, loaded: Loaded) -> str:
    document = {
        "path": str(path),
        **msgspec.to_builtins(found),
        "delegation": {
            name: {"refused": taken} if isinstance(taken, str) else msgspec.to_builtins(taken)
            for name, taken in loaded.items()
        },
    }
    return msgspec.json.format(msgspec.json.encode(document)).decode()
