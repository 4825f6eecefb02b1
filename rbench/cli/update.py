"""``rbench update``: new items and retired ones in a finished file, without training."""

from __future__ import annotations

from pathlib import Path

import click

from rbench.cli.paths import must_be_text
from rbench.cli.terminal import say
from rbench.errors import DataError
from rbench.records.run_folder import read_run
from rbench.system.reading import content_of

MOST_BYTES = 1 << 28
"""Of a list of retired items."""


@click.command(
    "update",
    epilog="""\b
Examples:
  rbench update RUN --items new.csv --log recent.csv --to updated
  rbench update RUN --cell gru/dynamic_wi8 --items new.csv --retire gone.txt --to updated
  rbench gate updated --budget budget.toml

\b
Exit codes:
  0  the folder was written
  2  nothing new, a file that cannot be updated, bad tables or logs; nothing was written
""",
)
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--items",
    type=click.Path(path_type=Path),
    help="A table with new items, in the columns that the study's [items] names.",
)
@click.option(
    "--log",
    type=click.Path(path_type=Path),
    help="Interactions since, read as the study's log: who touched new items, and what was before.",
)
@click.option(
    "--retire",
    type=click.Path(path_type=Path),
    help="A text with one id a line: items that must not come back.",
)
@click.option(
    "--cell", default="", metavar="ENCODER/RECIPE", help="[default: the one the report recommends]"
)
@click.option(
    "--to",
    required=True,
    type=click.Path(path_type=Path),
    help="A folder that is not there or empty: it becomes a run folder.",
)
def command(
    run: Path, items: Path | None, log: Path | None, retire: Path | None, cell: str, to: Path
) -> int:
    """Put new items into a finished file of the run in folder RUN, and close retired ones.

    Nothing is trained: rows of new items come from their features and first interactions, those
    that are there keep their bytes. The folder holds the new file as a run, the patch that makes
    it of the old one, and the bundle for an app. TensorFlow is not needed.
    """
    must_be_text(run, items, log, retire, to)
    from rbench.update import update

    gone = _ids(retire) if retire else ()
    found = update(read_run(run), to, cell, items=items, log=log, retire=gone)
    for note in found.notes:
        say(f"rbench: {note}", err=True)
    facts = found.facts
    say(
        f"{found.cell}: {facts['new_items']:,} new items ({facts.get('with_features', 0):,} with "
        f"features, {facts.get('with_interactions', 0):,} with interactions), "
        f"{facts['retired_items']:,} retired"
    )
    other = facts["bsdiff_bytes"]
    beside = f"; bsdiff's would have {other:,}" if other is not None else ""
    say(
        f"update_bytes {facts['update_bytes']:,}, {facts['share_of_file']:.1%} of the file "
        f"(zstd --patch-from{beside})"
    )
    if facts["shortened_rows"]:
        say(
            f"rbench: {facts['shortened_rows']:,} new rows were shortened to fit the table's one "
            "scale",
            err=True,
        )
    say(found.folder)
    return 0


def _ids(path: Path) -> tuple[str, ...]:
    try:
        text = content_of(path, MOST_BYTES).decode("utf-8-sig")
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}", where=str(path)) from error
    except ValueError as error:
        raise DataError("no UTF-8 text", where=str(path), allowed="one id a line") from error
    found = tuple(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
    if not found:
        raise DataError("names no item", where=str(path), allowed="one id a line")
    return found
