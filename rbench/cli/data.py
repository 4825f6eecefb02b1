"""``rbench data``: what rbench understands of a log, and public logs to try."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rbench.cli.data_options import data_options, said
from rbench.cli.terminal import json_document, say
from rbench.data.fetch import BASE, PUBLIC
from rbench.data.settings import DataSettings
from rbench.records.caveats import notes
from rbench.records.history import History, history

if TYPE_CHECKING:
    from rbench.records import DataSummary


@click.group(epilog="Start with: rbench data fetch ml-latest-small")
def command() -> None:
    """Describe a log of interactions, or fetch a public one.

    \b
    rbench data describe my/log.csv --min-interactions 5
    rbench data fetch ml-latest-small
    """  # noqa: D301 - \b is click's mark for lines that stay lines


@command.command()
@click.argument("path")
@data_options
@click.option(
    "--filter-history/--no-filter-history",
    default=None,
    help="Say what it does to the scores when items that the user already touched are taken out "
    "of the ranking, or left in. [default: the log decides, by its repeats]",
)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def describe(path: str, filter_history: bool | None, as_json: bool, **options: Any) -> None:
    """Print what was understood of a log: PATH is a file, a folder, or "synthetic".

    \b
    rbench data describe ml-1m
    rbench data describe plays.parquet --item-column track --split global_temporal
    rbench data describe clicks.csv --keep event=purchase --time-format "%d.%m.%Y %H:%M"
    rbench data describe synthetic --json
    """  # noqa: D301 - \b is click's mark for lines that stay lines
    from rbench import data
    from rbench.errors import UsageError

    try:
        settings = DataSettings(path=path, **said(options))
    except ValueError as error:
        raise UsageError(str(error), where="rbench data describe") from error
    summary = data.load(settings).summary
    ranking = history("auto" if filter_history is None else filter_history, summary)
    if as_json:
        import msgspec

        more = {"history": ranking._asdict(), "notes": notes(summary, ranking.filtered)}
        json_document(msgspec.to_builtins(summary) | more)
    else:
        _show(summary, ranking)


def _show(summary: DataSummary, ranking: History) -> None:
    from rbench.cli.screen import Screen, Table

    table = Table(title=summary.name, title_justify="left", show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(justify="right", overflow="fold")
    for name, shown in _read_as(summary):
        table.add_row(name, shown)
    table.add_section()
    for name in ("users", "items", "interactions"):
        table.add_row(name, _plain(getattr(summary, name)))
    table.add_section()
    for name in ("split", "test_users", "validation_users", "catalogue", "checksum"):
        table.add_row(name.replace("_", " "), _plain(getattr(summary, name)))
    table.add_section()
    for name, value in summary.details.items():
        table.add_row(name.replace("_", " "), _plain(value))
    table.add_section()
    for name, value in summary.ideal.items():
        table.add_row(f"best possible {name}", _plain(value))
    table.add_section()
    table.add_row("history in the ranking", "taken out" if ranking.filtered else "left in")
    screen = Screen()
    screen.print(table)
    screen.say(f"history: {ranking.reason}")
    for note in summary.reading.notes:
        screen.say(f"note: {note}")
    for note in notes(summary, ranking.filtered):
        screen.say(f"note: {note}")


def _read_as(summary: DataSummary) -> Iterator[tuple[str, str]]:
    """How the log was read, in rows."""
    found = summary.reading
    files = f", {found.files:,} files" if found.files > 1 else ""
    yield "format", ", ".join(filter(None, (summary.format + files, found.packed)))
    for name in ("encoding", "separator", "header", "comment", "user", "item"):
        if value := getattr(found, name):
            yield f"{name} column" if name in ("user", "item") else name, value
    if found.time:
        kind = ", ".join(filter(None, (found.time_format, found.time_unit)))
        yield "time column", f"{found.time} ({kind})"
    elif found.user:
        yield "time column", "none: lines are in order"
    if found.rating:
        yield "rating column", found.rating
    for why, count in found.skipped.items():
        yield "left out", f"{count:,} {why}"


def _plain(value: object) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.4g}" if isinstance(value, float) else str(value)


@command.command(
    epilog="\b\n" + "\n".join(f"{name:<17} {public.about}" for name, public in PUBLIC.items())
)
@click.argument("name", type=click.Choice(list(PUBLIC)))
@click.option(
    "--to",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Folder in which the log's own folder appears; by default, this one.",
)
@click.option("--mirror", default=BASE, show_default=True, help="Where the archives lie.")
def fetch(name: str, to: Path, mirror: str) -> None:
    """Download a public MovieLens log, verify and unpack it.

    \b
    rbench data fetch ml-1m
    rbench data fetch ml-latest-small --to logs
    """  # noqa: D301 - \b is click's mark for lines that stay lines
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    from rbench.cli.screen import Screen
    from rbench.data.fetch import fetch as bring
    from rbench.progress import Progress

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn())
    with Bar(*columns, TimeRemainingColumn(), console=Screen(err=True), transient=True) as bar:
        task = bar.add_task(name, total=None)

        def show(progress: Progress) -> None:
            bar.update(task, completed=progress.done, total=progress.total)

        fetched = bring(name, to, show, mirror)
    if fetched.verified:
        say(f"{fetched.folder}: downloaded, {fetched.verified} matches")
    else:
        say(f"{fetched.folder}: was there already, nothing was downloaded")
    if fetched.terms:
        say(f"terms of use: {fetched.terms} (read them before you pass it on)")
    say(f"next: rbench data describe {fetched.folder}")
