"""``rbench demo``: a page that ranks again at every tap, to show and to try."""

from __future__ import annotations

from pathlib import Path

import click

from rbench.cli.paths import must_be_text
from rbench.cli.terminal import say
from rbench.errors import UsageError
from rbench.records.run_folder import read_run


@click.command(
    "demo",
    epilog="""\b
Examples:
  rbench demo runs/default-20260101T120000 -o demo.html
  rbench demo RUN --cell gru/float32 --cell gru/dynamic_wi4 --titles movies.csv -o demo.html
  rbench demo RUN --folder -o site

\b
The runtime in browsers has to be here: rbench tool fetch litertjs

\b
Exit codes:
  0  the page was written
  2  no such cell, one that failed or that browsers cannot run, no runtime; nothing was written
""",
)
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--out",
    "to",
    required=True,
    type=click.Path(path_type=Path),
    help="The HTML file; with --folder, the folder.",
)
@click.option(
    "--cell",
    "cells",
    multiple=True,
    metavar="ENCODER/RECIPE",
    help="May be said again: models beside each other. [default: the one the report recommends]",
)
@click.option(
    "--titles",
    type=click.Path(path_type=Path),
    help="A table of text with a header and one line an item: what people call the items.",
)
@click.option(
    "--column", default="", metavar="NAME", help="[default: the one called title or name]"
)
@click.option("--id-column", default="", metavar="NAME", help="Its column with the log's own ids.")
@click.option("--title", default="", help="The page's heading. [default: the study's name]")
@click.option(
    "--folder",
    is_flag=True,
    help="Write a folder to be served, with a service worker that keeps the page.",
)
def command(
    run: Path,
    to: Path,
    cells: tuple[str, ...],
    titles: Path | None,
    column: str,
    id_column: str,
    title: str,
    folder: bool,
) -> int:
    """Write a page on which models of the run in folder RUN answer every tap.

    One HTML file that opens from the file system, without a network, with the models and their
    runtime inside. It sends nothing: it forbids itself every connection. TensorFlow is not needed.
    """
    must_be_text(run, to, titles)
    if titles is None and (column or id_column):
        raise UsageError("--column and --id-column are of a table", remedy="name it: --titles FILE")
    if to.is_dir() and not folder:
        raise UsageError(f"{to} is a folder", remedy="name a file, or say --folder")
    from rbench.demo import demo
    from rbench.ship.names import Titles

    named = Titles(titles, (column,) if column else (), id_column) if titles else None
    made = demo(read_run(run), cells, titles=named, title=title, folder=folder)
    made.write(to)
    for note in made.notes:
        say(f"rbench: {note}", err=True)
    size = sum(map(len, made.files.values()))
    say(f"{', '.join(made.cells)}: {size:,} bytes, opens without a network")
    say(to)
    return 0
