"""``rbench report``: write the report of a run again, or another kind of it."""

from __future__ import annotations

from pathlib import Path

import click

from rbench import plugins
from rbench.cli.terminal import document, say
from rbench.records.run_folder import read_run
from rbench.system.writing import write_atomically

EPILOG = """\b
Examples:
  rbench report runs/default-20260101T120000
  rbench report RUN --out shared/report.html
  rbench report RUN --format csv --out -
  rbench report RUN --against runs/last-week
"""
STDOUT = "-"
KIND = (
    "html, markdown, json, csv, or another report that is installed; `rbench list reports` names "
    "them all."
)


@click.command("report", epilog=EPILOG)
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--format", "--kind", "kind", default="html", show_default=True, help=KIND)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The file to write; - for the terminal. [default: report.html, or the format's ending, in "
    "the run's folder]",
)
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    help="The folder of a run to compare with; see also: rbench compare.",
)
def command(run: Path, kind: str, out: Path | None, against: Path | None) -> None:
    """Write the report of the run in folder RUN and print where it lies.

    The report is made from the run's records alone: nothing is trained or timed, and TensorFlow
    is not needed.
    """
    report = plugins.report(kind)
    baseline = read_run(against) if against else None
    text = plugins.written(kind, report.render, read_run(run), baseline)
    write(out or run / f"report{report.suffix}", text)


def write(path: Path, text: str) -> None:
    """Write a document and say where it lies; ``-`` is the terminal, and says nothing else.

    Raises:
        OutputError: the place cannot be written.
    """
    if str(path) == STDOUT:
        document(text)
        return
    write_atomically(path, text.encode())
    say(path)
