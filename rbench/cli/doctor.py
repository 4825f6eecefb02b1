"""``rbench doctor``: what is here to run a sweep with, what is missing and how to get it."""

from __future__ import annotations

from collections.abc import Sequence

import click

from rbench.cli.screen import Screen, Table
from rbench.cli.terminal import json_document
from rbench.profile.host import look
from rbench.profile.tool import Found


@click.command(
    epilog="""\b
Examples:
  rbench doctor
  rbench doctor --json

\b
Exit codes:
  0  a sweep can run here
  1  something that every sweep needs is missing
""",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, for programs.")
def command(as_json: bool) -> int:
    """Look for tools, delegates, a GPU, phones and libraries. Nothing is measured.

    A delegate is tried on a graph of one operator, in a process of its own.
    """
    found = look()
    can_sweep = all(one.here for one in found if one.needed)
    if as_json:
        json_document({"can_sweep": can_sweep, "found": found})
    else:
        _show(found, can_sweep)
    return 0 if can_sweep else 1


def _show(found: Sequence[Found], can_sweep: bool) -> None:
    console = Screen()
    for group in dict.fromkeys(one.group for one in found):
        table = Table(title=group, title_justify="left", box=None, show_header=False)
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for one in found:
            if one.group == group:
                table.add_row(one.name, _mark(one), one.said)
        console.print(table)
    missing = [one for one in found if not one.here and one.remedy]
    if missing:
        console.say("to get what is missing")
    for one in missing:
        console.say(f"  {one.name}: {one.remedy}")
    needed = ", ".join(one.name for one in found if one.needed and not one.here)
    console.say("a sweep can run here" if can_sweep else f"no sweep can run here without {needed}")


def _mark(one: Found) -> str:
    if one.software:
        return "software"
    return "here" if one.here else ("MISSING" if one.needed else "not here")
