"""The figures of `benchmarks/server.py`, for people and for programs."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from benchmarks.serving.counting import paid_after, ratios
from benchmarks.serving.measuring import CLIENTS, NAMES, OWN, Felt, Seen, Way
from benchmarks.serving.model import Model
from benchmarks.serving.networks import NETWORKS

PACKAGES = {"fastapi": ("fastapi", "uvicorn"), "grpc": ("grpcio",)}
HEADINGS = ("p50 us, quietest round", "p50", "p95")


class Told(NamedTuple):
    """What was measured, and on what."""

    model: Path
    seen: dict[Way, Seen]
    felt: Felt | None
    paint_ms: float | None
    """From tap to painted list on the device, measured or given."""
    rounds: int
    taps: int


def show(console: Console, told: Told) -> None:
    """Both tables, and what a download costs."""
    size, shape = told.model.stat().st_size, Model(told.model).shape
    console.print(
        f"{told.model}: {size:,} bytes, contexts of {shape.length} items, the best {shape.k}; "
        f"{told.rounds} rounds of {told.taps} taps a client; ai-edge-litert "
        f"{version('ai-edge-litert')}, XNNPACK, one thread"
    )
    console.print(_measured(told.seen))
    if told.felt:
        console.print(
            f"on the page: {told.felt.paint_ms:.1f} ms from tap to painted list, the model's calls "
            f"{told.felt.model_ms:.2f} ms; {told.felt.taps} taps, {told.felt.requests} requests"
        )
    console.print(_counted(told))
    for network in NETWORKS:
        console.print(f"{network.name}: {network.ms:g} ms, {network.when}. {network.source}")
    if told.paint_ms is not None:
        console.print(f"felt: from tap to painted list, {told.paint_ms:.3g} ms on the device")
    for door in _servers(told.seen):
        after = paid_after(size, told.seen[Way(door, 1)].bytes_a_tap)
        console.print(f"{NAMES[door]}: a download of the model has paid after {after:,} taps")


def _measured(seen: dict[Way, Seen]) -> Table:
    table = Table("measured on loopback", title_justify="left")
    for heading in (*HEADINGS, *(f"{name}, 8 clients" for name in HEADINGS), "bytes a tap"):
        table.add_column(heading, justify="right")
    for door in dict.fromkeys(way.door for way in seen):
        one, many = seen[Way(door, 1)], seen.get(Way(door, CLIENTS[1]))
        contention = _times(many) if many else ["-"] * len(HEADINGS)
        payload = " (payload)" if door == "grpc" else ""
        table.add_row(
            f"{NAMES[door]}{_versions(door)}",
            *_times(one),
            *contention,
            f"{one.bytes_a_tap:,.0f}{payload}" if one.bytes_a_tap else "0",
        )
    return table


def _counted(told: Told) -> Table:
    table = Table("over the app's own answer; arithmetic but for compute")
    table.add_column("compute", justify="right")
    in_page = told.seen.get(Way("browser", 1))
    if in_page:
        table.add_column("over the page's", justify="right")
    for network in NETWORKS:
        table.add_column(f"{network.name}, {network.ms:g} ms", justify="right")
    for network in NETWORKS if told.paint_ms is not None else ():
        table.add_column(f"felt: {network.name}", justify="right")
    device = told.seen[Way("process", 1)]
    for door in _servers(told.seen):
        asked = told.seen[Way(door, 1)].p50_us
        found = [ratios(asked, device.p50_us, one.ms, told.paint_ms) for one in NETWORKS]
        table.add_row(
            NAMES[door],
            f"{found[0].compute:.1f} x",
            *([f"{asked / in_page.p50_us:.1f} x"] if in_page else []),
            *(f"{one.network:,.0f} x" for one in found),
            *(f"{one.felt:.1f} x" for one in found if one.felt is not None),
        )
    return table


def _servers(seen: dict[Way, Seen]) -> list[str]:
    return [door for door in dict.fromkeys(way.door for way in seen) if door not in OWN]


def _times(seen: Seen) -> list[str]:
    return [f"{value:,.0f}" for value in (seen.p50_us, seen.pooled_us, seen.p95_us)]


def _versions(door: str) -> str:
    if door == "browser":
        return _page_versions()
    known = [f"{name} {version(name)}" for name in PACKAGES.get(door, ())]
    return f" ({', '.join(known)})" if known else ""


def _page_versions() -> str:
    from rbench import litertjs
    from rbench.profile.tools.browser import browsers

    return f" (LiteRT.js {litertjs.VERSION}, {browsers.find().version})"


def document(told: Told) -> dict[str, Any]:
    """The figures for programs."""
    device, size = told.seen[Way("process", 1)], told.model.stat().st_size
    return {
        "model_bytes": size,
        "paint_ms": told.paint_ms,
        "felt": told.felt._asdict() if told.felt else None,
        "measured": [{**way._asdict(), **found._asdict()} for way, found in told.seen.items()],
        "arithmetic": [
            {
                "door": door,
                "network": network._asdict(),
                **ratios(asked.p50_us, device.p50_us, network.ms, told.paint_ms)._asdict(),
                "paid_after_taps": paid_after(size, asked.bytes_a_tap),
            }
            for door in _servers(told.seen)
            for asked in [told.seen[Way(door, 1)]]
            for network in NETWORKS
        ],
    }
