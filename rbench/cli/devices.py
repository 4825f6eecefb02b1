"""``rbench devices``: the phones that can be timed."""

from __future__ import annotations

from typing import Any

import click

from rbench.cli.terminal import json_document, say

EMPTY = (
    "no phone is attached: plug one in, switch on USB debugging in its developer options, and "
    "accept the question on its screen"
)


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
    from rbench.profile.android.adb import attached

    phones = [_facts(phone) for phone in attached()]
    if as_json:
        json_document(phones)
    elif phones:
        _show(phones)
    else:
        say(EMPTY)
    return 0


def _facts(phone: Any) -> dict[str, Any]:
    import msgspec

    from rbench.errors import StageError
    from rbench.profile.android.adb import READY, Adb
    from rbench.profile.android.state import look

    trouble, remedy = phone.trouble
    known = {"serial": phone.serial, "state": phone.state, "model": phone.model}
    known |= {"trouble": f"{trouble}; {remedy}" if trouble else ""}
    if phone.state != READY:
        return known
    try:
        machine, condition = look(Adb(phone.serial, ""))
    except StageError as error:
        return known | {"trouble": str(error)}
    return known | {
        "machine": msgspec.to_builtins(machine),
        "condition": msgspec.to_builtins(condition),
    }


def _show(phones: list[dict[str, Any]]) -> None:
    from rbench.cli.screen import Screen, Table

    console = Screen()
    table = Table(box=None, pad_edge=False)
    for heading in ("serial", "model", "chip", "cores", "system", "battery", "state"):
        table.add_column(heading, overflow="fold")
    for phone in phones:
        machine, condition = phone.get("machine", {}), phone.get("condition", {})
        cells = (
            phone["serial"],
            machine.get("details", {}).get("model") or phone["model"],
            machine.get("cpu", ""),
            str(machine.get("cores", "")),
            machine.get("system", ""),
            _battery(condition),
            phone["trouble"] or "ready",
        )
        table.add_row(*cells)
    console.print(table)
    ready = next((phone["serial"] for phone in phones if not phone["trouble"]), None)
    if ready:
        console.print()
        console.say(f"Time one with: rbench sweep --target {ready}/benchmark_model/xnnpack")


def _battery(condition: dict[str, Any]) -> str:
    percent, celsius = condition.get("battery_percent"), condition.get("battery_celsius")
    said = [f"{percent} %" if percent is not None else ""]
    said += [f"{celsius:g} C" if celsius is not None else ""]
    return ", ".join(word for word in said if word)
