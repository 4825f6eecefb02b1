"""A finding's numbers for people, in columns: the unit stands beside them."""

from __future__ import annotations

from collections.abc import Callable

from rbench.gate.verdict import Finding, Unit

_SHOW: dict[Unit, tuple[Callable[[float], str], str]] = {
    "bytes": (lambda value: f"{value:,.0f}", "bytes"),
    "share": (lambda value: f"{100 * value:,.2f}", "%"),
    "ratio": (lambda value: f"{value:.3f}", "x"),
    "us": (lambda value: f"{value:,.2f}", "us"),
    "score": (lambda value: f"{value:.4f}", ""),
    "": (lambda value: f"{value:g}", ""),
}


def columns(finding: Finding) -> tuple[str, str, str, str]:
    """Measured, limit, room and unit; the numbers are empty where there are none."""
    show, unit = _SHOW[finding.unit]
    numbers = (finding.number, finding.limit, finding.margin)
    measured, limit, room = ("" if number is None else show(number) for number in numbers)
    return measured, limit, room, unit
