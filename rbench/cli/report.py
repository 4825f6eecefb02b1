"""``rbench report``: write the report of a run again, or another kind of it."""

from __future__ import annotations

from pathlib import Path

import click

from rbench import plugins
from rbench.records import read_run, write_atomically

EPILOG = """\b
Examples:
  rbench report runs/default-20260101T120000
  rbench report RUN --out shared/report.html
  rbench report RUN --against runs/last-week
"""


@click.command("report", epilog=EPILOG)
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--kind",
    default="html",
    show_default=True,
    help="Which report; `rbench list reports` names all that are installed.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The file to write. [default: report.html, or the kind's ending, in the run's folder]",
)
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    help="The folder of a run to compare with.",
)
def command(run: Path, kind: str, out: Path | None, against: Path | None) -> None:
    """Write the report of the run in folder RUN and print where it lies.

    The report is made from the run's records alone: nothing is trained or timed, and TensorFlow
    is not needed.
    """
    report = plugins.report(kind)
    baseline = read_run(against) if against else None
    text = report.render(read_run(run), baseline)
    path = out or run / f"report{report.suffix}"
    write_atomically(path, text.encode())
    click.echo(str(path))
