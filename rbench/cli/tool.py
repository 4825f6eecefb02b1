"""``rbench tool``: what tools need from outside. What there is, the installed tools say."""

from __future__ import annotations

from pathlib import Path

import click

from rbench.cli.terminal import say
from rbench.profile.fetching import Fetchable, Wanted
from rbench.profile.tool import fetchable

FETCHABLE: dict[str, Fetchable] = fetchable()
PLATFORMS = tuple(dict.fromkeys(name for one in FETCHABLE.values() for name in one.platforms))


@click.group(
    epilog="""\b
Examples:
  rbench tool list
  rbench tool fetch benchmark_model
  rbench tool fetch benchmark_model --platform android-aarch64
"""
)
def command() -> None:
    """Fetch what tools need: native programs, runtimes."""


@command.command("list")
def names() -> None:
    """What can be fetched, and for which platforms.

    \b
    rbench tool list
    """  # noqa: D301 - \b is click's mark for lines that stay lines
    from rbench.cli.screen import Screen, Table

    table = Table(box=None)
    for head in ("name", "what it is", "platforms"):
        table.add_column(head)
    for one in FETCHABLE.values():
        table.add_row(one.name, one.meaning, ", ".join(one.platforms) or "any")
    Screen().print(table)


@command.command("fetch")
@click.argument("name", type=click.Choice(list(FETCHABLE)))
@click.option("--platform", type=click.Choice(PLATFORMS), help="For what. [default: this machine]")
@click.option(
    "--to",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder in which it appears. [default: where rbench looks for it]",
)
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path, exists=True),
    help="Take it from this file or folder, download nothing.",
)
@click.option("--sha256", default="", metavar="HEX", help="Take this build alone.")
@click.option("--again", is_flag=True, help="Fetch it anew, although one is there.")
@click.option("--mirror", default="", help="Where it lies. [default: where its makers put it]")
def bring(
    name: str,
    platform: str | None,
    to: Path | None,
    source: Path | None,
    sha256: str,
    again: bool,
    mirror: str,
) -> None:
    """Download one of them; its sha256 is checked, and kept beside it.

    \b
    rbench tool fetch benchmark_model
    rbench tool fetch benchmark_model --platform android-aarch64
    """  # noqa: D301 - \b is click's mark for lines that stay lines
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    from rbench.cli.screen import Screen
    from rbench.progress import Progress

    wanted = Wanted(
        platform=platform or "",
        to=to,
        source=source,
        mirror=mirror,
        sha256=sha256,
        again=again,
    )
    one = FETCHABLE[name]
    one.check(wanted)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn())
    with Bar(*columns, TimeRemainingColumn(), console=Screen(err=True), transient=True) as bar:
        task = bar.add_task(f"{name} for {platform}" if platform else name, total=None)

        def show(progress: Progress) -> None:
            bar.update(task, completed=progress.done, total=progress.total)

        found = one.fetch(wanted, show)
    taken = f"taken from {source}" if source else "downloaded"
    how = taken if found.new else "was there already, nothing was downloaded"
    licence = f", licence {found.licence}" if found.licence else ""
    say(f"{found.path}: {how}, sha256 {found.sha256}{licence}")
    if found.next:
        say(f"next: {found.next}")
