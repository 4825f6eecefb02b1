"""``rbench devices``: the phones that can be timed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from rbench.cli.terminal import json_document, say

if TYPE_CHECKING:
    from rbench.profile.tool import Attached, Tool


@click.command(
    epilog="""\b
Examples:
  rbench devices
  rbench sweep --target SERIAL/benchmark_model/xnnpack@4
"""
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list, for programs.")
def command(as_json: bool) -> int:
    """List the phones that adb knows, and how they are."""
    from rbench.cells.tools import installed
    from rbench.errors import RbenchError
    from rbench.profile.tool import Tool

    tools = [tool for tool in installed() if isinstance(tool, Tool) and tool.device]
    found: list[tuple[Tool, Attached]] = []
    lost: list[RbenchError] = []
    for tool in tools:
        try:
            found += [(tool, device) for device in tool.attached()]
        except RbenchError as error:
            lost.append(error)
    if lost and not found:
        raise lost[0]
    for trouble in lost:
        say(trouble, err=True)
    if as_json:
        json_document([device.document for _, device in found])
    elif found:
        _show(found)
    else:
        for tool in tools:
            say(tool.no_device)
    return 0


def _show(found: Sequence[tuple[Tool, Attached]]) -> None:
    from rbench.cli.screen import Screen, Table

    console = Screen()
    table = Table(box=None, pad_edge=False)
    for heading in ("serial", "model", "chip", "cores", "system", "battery", "state"):
        table.add_column(heading, overflow="fold")
    for _, device in found:
        table.add_row(
            device.name,
            device.model,
            device.chip,
            "" if device.cores is None else str(device.cores),
            device.system,
            device.power,
            device.trouble or "ready",
        )
    console.print(table)
    ready = next(((tool, device.name) for tool, device in found if not device.trouble), None)
    if ready:
        tool, name = ready
        console.print()
        console.say(f"Time one with: rbench sweep --target {name}/{tool.word}/{example(tool)}")


def example(tool: Tool) -> str:
    """A delegate of a tool that takes nodes, its first one where none does."""
    taking = [one.name for one in tool.delegates if one.takes == "nodes"]
    return taking[0] if taking else tool.delegates[0].name
