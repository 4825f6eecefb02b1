"""``rbench ship``: write what an app team needs to run a finished file."""

from __future__ import annotations

from pathlib import Path

import click

from rbench.cli.paths import must_be_text
from rbench.cli.terminal import say
from rbench.errors import UsageError
from rbench.records.run_folder import read_run

LARGE_BYTES = 200_000
"""Beside the model: where there is more, it is said how there is less."""


@click.command(
    "ship",
    epilog="""\b
Examples:
  rbench ship runs/default-20260101T120000 --to bundle
  rbench ship RUN --cell gru/dynamic_wi8 --to bundle --titles movies.csv
  rbench ship RUN --to recommender.tflite --single-file
  rbench ship RUN --to bundle --check aarch64

\b
Then, without rbench:
  python bundle/client.py selftest

\b
Exit codes:
  0  the bundle was written
  1  a target of --check answers otherwise; nothing was written
  2  no such cell, one that failed or was not verified, a file that changed; nothing was written
""",
)
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--to",
    required=True,
    type=click.Path(path_type=Path),
    help="A folder that is not there or empty; with --single-file, a file that is not there.",
)
@click.option(
    "--cell", default="", metavar="ENCODER/RECIPE", help="[default: the one the report recommends]"
)
@click.option(
    "--titles",
    type=click.Path(path_type=Path),
    help="A table of text with a header and one line an item: what people call the items.",
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="NAME",
    help="A column of it to take; may be said again. [default: the one called title or name]",
)
@click.option("--id-column", default="", metavar="NAME", help="Its column with the log's own ids.")
@click.option(
    "--license",
    "licence",
    default="",
    metavar="ID",
    help="Of the model, for its card: e.g. apache-2.0, cc-by-nc-4.0. [default: not stated]",
)
@click.option(
    "--single-file",
    is_flag=True,
    help="Write one .tflite, with all the rest as a ZIP behind it.",
)
@click.option(
    "--check",
    "checks",
    multiple=True,
    metavar="TARGET",
    help="Write only what answers alike there too, e.g. aarch64; may be said again.",
)
def command(
    run: Path,
    to: Path,
    cell: str,
    titles: Path | None,
    columns: tuple[str, ...],
    id_column: str,
    licence: str,
    single_file: bool,
    checks: tuple[str, ...],
) -> int:
    """Write the bundle of a cell of the run in folder RUN.

    The very .tflite that was measured, what its indices are called, the contract that an app has
    to keep, golden answers, a model card, sums, and clients in Python, JavaScript and Kotlin that
    prove themselves with a selftest. TensorFlow is not needed.
    """
    must_be_text(run, to, titles)
    if titles is None and (columns or id_column):
        raise UsageError("--column and --id-column are of a table", remedy="name it: --titles FILE")
    from rbench.ship import Titles, ship

    found = ship(
        read_run(run),
        to,
        cell,
        titles=Titles(titles, columns, id_column) if titles else None,
        licence=licence,
        single_file=single_file,
        checks=checks,
    )
    for note in found.notes:
        say(f"rbench: {note}", err=True)
    name, why = (
        found.contract.cell,
        "the recommended cell" if found.chosen.recommended else "by name",
    )
    size = found.contract.model.size_bytes
    more = f"{found.size_bytes - size:,} bytes beside it"
    say(f"{name.encoder}/{name.recipe} ({why}): {size:,} bytes of model, {more}")
    if found.size_bytes - size > LARGE_BYTES and not single_file:
        say("rbench: most of that are names; --single-file compresses them", err=True)
    for proof in found.proofs:
        say(f"{proof.target}: all {proof.cases} golden questions answered alike")
    say(found.to)
    return 0
