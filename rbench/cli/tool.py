"""``rbench tool``: the native programs that rbench works with."""

from __future__ import annotations

from pathlib import Path

import click

from rbench.cli.terminal import say
from rbench.profile.tools.benchmark_model.fetch import BASE, NAME, PLATFORMS, fetch, here


@click.group(
    epilog="""\b
Examples:
  rbench tool fetch benchmark_model
  rbench tool fetch benchmark_model --platform android-aarch64
"""
)
def command() -> None:
    """Fetch the native tools that time models."""


@command.command("fetch")
@click.argument("name", type=click.Choice([NAME]))
@click.option(
    "--platform", type=click.Choice(list(PLATFORMS)), help="For what. [default: this machine]"
)
@click.option(
    "--to",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder in which PLATFORM/benchmark_model appears. [default: where rbench looks for it]",
)
@click.option("--sha256", default="", metavar="HEX", help="Take this build alone.")
@click.option("--again", is_flag=True, help="Fetch the latest, although one is there.")
@click.option("--mirror", default=BASE, help="Where the builds lie. [default: Google's]")
def bring(
    name: str, platform: str | None, to: Path | None, sha256: str, again: bool, mirror: str
) -> None:
    """Download a tool from Google's public builds; its sha256 is kept beside it.

    \b
    rbench tool fetch benchmark_model
    rbench tool fetch benchmark_model --platform android-aarch64
    """  # noqa: D301 - \b is click's mark for lines that stay lines
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    from rbench.cli.screen import Screen
    from rbench.progress import Progress

    chosen = platform or here()
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn())
    with Bar(*columns, TimeRemainingColumn(), console=Screen(err=True), transient=True) as bar:
        task = bar.add_task(f"{name} for {chosen}", total=None)

        def show(progress: Progress) -> None:
            bar.update(task, completed=progress.done, total=progress.total)

        found = fetch(chosen, to, show, base=mirror, sha256=sha256, again=again)
    how = "downloaded" if found.new else "was there already, nothing was downloaded"
    say(f"{found.path}: {how}, sha256 {found.sha256}")
    say(f"next: {_next(chosen, to, found.path)}")


def _next(platform: str, to: Path | None, path: Path) -> str:
    if platform.startswith("android"):
        named = f"RBENCH_BENCHMARK_MODEL_ANDROID={path} " if to else ""
        return f"{named}rbench sweep --target SERIAL/benchmark_model/xnnpack (see rbench devices)"
    named = f" --benchmark-model {path}" if to else ""
    return f"rbench sweep{named} --target benchmark_model/xnnpack"
