"""``rbench devices``: the phones that can be timed."""

from __future__ import annotations

from typing import Any

import click

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
    import msgspec

    from rbench.profile.android.adb import attached

    phones = [_facts(phone) for phone in attached()]
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(phones)).decode())
    elif phones:
        _show(phones)
    else:
        click.echo(EMPTY)
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
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False, markup=False, emoji=False)
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
        table.add_row(*(Text(cell) for cell in cells))
    console.print(table)
    ready = next((phone["serial"] for phone in phones if not phone["trouble"]), None)
    if ready:
        console.print(f"\nTime one with: rbench sweep --target {ready}/benchmark_model/xnnpack")


def _battery(condition: dict[str, Any]) -> str:
    percent, celsius = condition.get("battery_percent"), condition.get("battery_celsius")
    said = [f"{percent} %" if percent is not None else ""]
    said += [f"{celsius:g} C" if celsius is not None else ""]
    return ", ".join(word for word in said if word)
