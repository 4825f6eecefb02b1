"""Server against device, measured: the table of docs/server-or-device.md.

    pip install -r benchmarks/server-requirements.txt
    python benchmarks/server.py MODEL.tflite [--rounds 8] [--taps 300] [--demo PAGE] [--json FILE]

One file answers the same contexts in the client's own process, behind a raw TCP socket, behind
FastAPI on uvicorn and behind gRPC (Python's asyncio server), on loopback, to 1 and to 8 clients.
Every way takes its turn in each round, in another order each time, so that whatever else the
machine does hits all alike; ratios are of the quietest rounds; all answers are compared. Round
trips of networks are added as what others published, see `benchmarks/serving/networks.py`: that
part is arithmetic, and marked so.
``--demo`` takes a page of `rbench demo` and taps on it in Chromium, for what a tap takes until its
list is painted; ``--paint-ms`` says what that takes elsewhere.
A kind whose library is not installed is left out, and said. Takes about a minute.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from statistics import fmean, median
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

sys.path.append(str(Path(__file__).resolve().parents[1]))  # benchmarks; rbench is the installed one

from benchmarks.serving.counting import paid_after, percentile, ratios
from benchmarks.serving.doors import NEEDS
from benchmarks.serving.model import Model
from benchmarks.serving.networks import NETWORKS
from benchmarks.taps import taps as tap_on
from rbench.profile.strangers import entry_of

FOLDER = Path(__file__).parent / "serving"
NAMES = {
    "process": "in the app's process",
    "raw": "raw socket",
    "fastapi": "FastAPI + uvicorn",
    "grpc": "gRPC, Python aio",
}
PACKAGES = {"raw": (), "fastapi": ("fastapi", "uvicorn"), "grpc": ("grpcio",)}
CLIENTS = (1, 8)
WARM_TAPS = 50
DEMO_TAPS = 60
HEADINGS = ("p50 us, quietest round", "p50", "p95")
WIDE = 170


class Way(NamedTuple):
    """One door, at which so many knock at once."""

    door: str
    clients: int


class Seen(NamedTuple):
    """What all rounds of a way saw."""

    p50_us: float
    """The least of the rounds' medians: as quiet as the machine became, for all ways alike."""
    pooled_us: float
    """The median over all rounds."""
    p95_us: float
    """Over all rounds."""
    bytes_a_tap: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--taps", type=int, default=300, help="of each client in each round")
    felt = parser.add_mutually_exclusive_group()
    felt.add_argument("--paint-ms", type=float, help="from tap to painted list on the device")
    felt.add_argument("--demo", type=Path, help="measure that on this page of rbench demo")
    parser.add_argument("--json", type=Path, help="the figures as one document")
    given = parser.parse_args(arguments)
    if not given.model.is_file():
        parser.error(f"no file: {given.model}")
    if given.demo and not given.demo.is_file():
        parser.error(f"no file: {given.demo}")
    if given.rounds < 1 or given.taps < 1:
        parser.error("--rounds and --taps are whole numbers from 1")
    console = Console()
    if not console.is_terminal:  # a log file has no edge to wrap at
        console = Console(width=WIDE)
    here = [kind for kind, needs in NEEDS.items() if all(map(find_spec, needs))]
    for kind in NEEDS:
        if kind not in here:
            console.print(f"left out: {NAMES[kind]} is not installed")
    seen = measure(given.model, here, given.rounds, given.taps)
    paint_ms = given.paint_ms
    if given.demo:
        felt_ms, model_ms, _ = tap_on(given.demo, DEMO_TAPS)
        paint_ms = float(median(felt_ms))
        console.print(
            f"in the browser: {fmean(model_ms):.2f} ms for the model, {paint_ms:.1f} ms from "
            f"tap to painted list, {DEMO_TAPS} taps"
        )
    show(console, given.model, seen, paint_ms, given.rounds, given.taps)
    if given.json:
        given.json.write_text(json.dumps(document(given.model, seen, paint_ms), indent=1))


def measure(model: Path, kinds: Sequence[str], rounds: int, taps: int) -> dict[Way, Seen]:
    """All ways, interleaved."""
    ways = [Way("process", 1), *(Way(kind, count) for kind in kinds for count in CLIENTS)]
    taken: dict[Way, list[list[float]]] = {way: [] for way in ways}
    carried: dict[Way, float] = {}
    answers: dict[int, str] = {}
    draw = random.Random(1)
    with _servers(model, kinds) as ports, _clients(model, ports) as clients:
        for way in ways:
            _tap(clients[: way.clients], way.door, WARM_TAPS)
        for _ in range(rounds):
            for way in draw.sample(ways, len(ways)):
                taken[way].append([])
                for number, said in enumerate(_tap(clients[: way.clients], way.door, taps)):
                    taken[way][-1] += [ns / 1000 for ns in said["ns"]]
                    carried[way] = said["bytes"]
                    if answers.setdefault(number, said["items"]) != said["items"]:
                        raise SystemExit(f"{NAMES[way.door]} answers otherwise than the file")
    return {way: _seen(taken[way], carried[way]) for way in ways}


def _seen(rounds: list[list[float]], carried: float) -> Seen:
    """Microseconds of each round."""
    every = sorted(value for one in rounds for value in one)
    quiet = min(percentile(sorted(one), 0.5) for one in rounds)
    return Seen(quiet, percentile(every, 0.5), percentile(every, 0.95), carried)


@contextmanager
def _servers(model: Path, kinds: Sequence[str]) -> Iterator[dict[str, int]]:
    started = []
    try:
        ports = {}
        for kind in kinds:
            server = _program("doors.py", kind, str(model))
            started.append(server)
            ports[kind] = int(_line(server, NAMES[kind]))
        yield ports
    finally:
        _end(started)


@contextmanager
def _clients(model: Path, ports: dict[str, int]) -> Iterator[list[subprocess.Popen[str]]]:
    started = []
    try:
        rows = entry_of(model).rows
        for number in range(max(CLIENTS)):
            client = _program("client.py")
            started.append(client)
            order = {"model": str(model), "items": rows - 1, "contexts": 256, "seed": number}
            _say(client, {**order, "ports": ports})
        for client in started:
            _line(client, "a client")
        yield started
    finally:
        _end(started)


def _tap(clients: Sequence[subprocess.Popen[str]], door: str, taps: int) -> list[dict[str, Any]]:
    """All at once."""
    for client in clients:
        _say(client, {"door": door, "taps": taps})
    return [json.loads(_line(client, NAMES[door])) for client in clients]


def _program(name: str, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-P", str(FOLDER / name), *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def _say(process: subprocess.Popen[str], order: dict[str, Any]) -> None:
    assert process.stdin is not None
    process.stdin.write(json.dumps(order) + "\n")
    process.stdin.flush()


def _line(process: subprocess.Popen[str], what: str) -> str:
    assert process.stdout is not None
    said = process.stdout.readline()
    if not said:
        raise SystemExit(f"{what} ended without a word: see it by hand with {process.args}")
    return said


def _end(processes: Sequence[subprocess.Popen[str]]) -> None:
    for process in processes:
        process.kill()
        process.communicate()


def show(
    console: Console,
    model: Path,
    seen: dict[Way, Seen],
    paint_ms: float | None,
    rounds: int,
    taps: int,
) -> None:
    """Both tables, and what a download costs."""
    device = seen[Way("process", 1)]
    size, shape = model.stat().st_size, Model(model).shape
    console.print(
        f"{model}: {size:,} bytes, contexts of {shape.length} items, the best {shape.k}; {rounds} "
        f"rounds of {taps} taps a client; ai-edge-litert {version('ai-edge-litert')}, XNNPACK, one "
        "thread"
    )
    table = Table("measured on loopback", title_justify="left")
    for heading in (*HEADINGS, *(f"{name}, 8 clients" for name in HEADINGS), "bytes a tap"):
        table.add_column(heading, justify="right")
    doors = list(dict.fromkeys(way.door for way in seen))
    for door in doors:
        one, many = seen[Way(door, 1)], seen.get(Way(door, CLIENTS[1]))
        crowd = _times(many) if many else ["-"] * len(HEADINGS)
        payload = " (payload)" if door == "grpc" else ""
        table.add_row(
            f"{NAMES[door]}{_versions(door)}",
            *_times(one),
            *crowd,
            f"{one.bytes_a_tap:,.0f}{payload}" if one.bytes_a_tap else "0",
        )
    console.print(table)
    counted = Table("over the app's own answer; arithmetic but for the first")
    counted.add_column("compute", justify="right")
    for network in NETWORKS:
        counted.add_column(f"{network.name}, {network.ms:g} ms", justify="right")
    for network in NETWORKS if paint_ms is not None else ():
        counted.add_column(f"felt: {network.name}", justify="right")
    for door in doors[1:]:
        found = [
            ratios(seen[Way(door, 1)].p50_us, device.p50_us, network.ms, paint_ms)
            for network in NETWORKS
        ]
        felt = [f"{one.felt:.1f} x" for one in found if one.felt is not None]
        counted.add_row(
            NAMES[door],
            f"{found[0].compute:.1f} x",
            *(f"{one.network:,.0f} x" for one in found),
            *felt,
        )
    console.print(counted)
    for network in NETWORKS:
        console.print(f"{network.name}: {network.ms:g} ms, {network.when}. {network.source}")
    if paint_ms is not None:
        console.print(f"felt: from tap to painted list, {paint_ms:g} ms on the device")
    for door in doors[1:]:
        after = paid_after(size, seen[Way(door, 1)].bytes_a_tap)
        console.print(f"{NAMES[door]}: a download of the model has paid after {after:,} taps")


def _times(seen: Seen) -> list[str]:
    return [f"{value:,.0f}" for value in (seen.p50_us, seen.pooled_us, seen.p95_us)]


def _versions(door: str) -> str:
    known = [f"{name} {version(name)}" for name in PACKAGES.get(door, ())]
    return f" ({', '.join(known)})" if known else ""


def document(model: Path, seen: dict[Way, Seen], paint_ms: float | None) -> dict[str, Any]:
    """The figures for programs."""
    device = seen[Way("process", 1)]
    return {
        "model_bytes": model.stat().st_size,
        "paint_ms": paint_ms,
        "measured": [{**way._asdict(), **found._asdict()} for way, found in seen.items()],
        "arithmetic": [
            {
                "door": way.door,
                "network": network._asdict(),
                **ratios(found.p50_us, device.p50_us, network.ms, paint_ms)._asdict(),
                "paid_after_taps": paid_after(model.stat().st_size, found.bytes_a_tap),
            }
            for way, found in seen.items()
            for network in NETWORKS
            if way.door != "process" and way.clients == 1
        ],
    }


if __name__ == "__main__":
    main()
