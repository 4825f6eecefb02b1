"""``rbench compare``: what changed between two runs, beyond chance."""

from __future__ import annotations

from pathlib import Path

import click

from rbench import plugins
from rbench.cli.compare_view import show
from rbench.cli.report import KIND, STDOUT, write
from rbench.cli.terminal import say
from rbench.compare import compare
from rbench.errors import MissingExtraError
from rbench.records.run_folder import read_run

EPILOG = """\b
Examples:
  rbench compare runs/last-week runs/today
  rbench compare A B --format markdown --out -
  rbench compare A B --format csv --out differences.csv

\b
Exit codes:
  0  something could be compared, whatever came out; limits are the gate's: rbench gate --against
  2  nothing could be compared, or wrong usage
"""

PAGE = "html"
"""What is written unless something else is asked for."""


@click.command("compare", epilog=EPILOG)
@click.argument("before", metavar="A", type=click.Path(path_type=Path))
@click.argument("after", metavar="B", type=click.Path(path_type=Path))
@click.option("--format", "kind", help=f"{KIND} [default: {PAGE}, if rbench[report] is there]")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The file to write; - for the terminal. [default: compare.html, or the format's ending, "
    "in the folder B]",
)
def command(before: Path, after: Path, kind: str | None, out: Path | None) -> int:
    """Hold run B to the earlier run A: what got better, what worse, what cannot be compared.

    Sizes are exact, scores are compared user by user, latencies by the medians of rounds; what is
    called better or worse is so beyond chance. What was not come by alike (another machine, split,
    library, …) is not compared, and says why. Nothing is trained or timed.
    """
    report = plugins.comparing(kind or PAGE)
    comparison = compare(read_run(before), read_run(after))
    try:
        text = plugins.written(kind or PAGE, report.compare, comparison)
    except MissingExtraError as error:
        if kind or out:
            raise
        show(comparison)
        say(f"rbench: no page was written: {error}", err=True)
    else:
        path = out or after / f"compare{report.suffix}"
        if str(path) != STDOUT:
            show(comparison)
        write(path, text)
    return 0 if comparison.comparable else 2
