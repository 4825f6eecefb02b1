"""All ways to an answer, in turn: what each took, and that all said the same."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import fmean, median
from typing import Any, NamedTuple

from benchmarks.serving.counting import percentile
from benchmarks.taps import Tapping
from rbench.profile.strangers import entry_of

FOLDER = Path(__file__).parent
NAMES = {
    "process": "in the app's process",
    "browser": "in a page",
    "raw": "raw socket",
    "fastapi": "FastAPI + uvicorn",
    "grpc": "gRPC, Python aio",
}
OWN = ("process", "browser")
"""The device's own ways: no server is asked, and there is one client."""
CLIENTS = (1, 8)
WARM_TAPS = 50
DEMO_TAPS = 60
"""On a page, in all rounds together."""
LEAVE_WITHIN_S = 10.0


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


class Felt(NamedTuple):
    """What taps on a page took."""

    paint_ms: float
    """From tap to painted list: the least of the rounds' medians."""
    model_ms: float
    """Of it the model's calls, the mean."""
    taps: int
    requests: int
    """That the page sent meanwhile."""


def measure(
    model: Path, kinds: Sequence[str], rounds: int, taps: int, page: Tapping | None = None
) -> tuple[dict[Way, Seen], Felt | None]:
    """All ways and the taps on a page, interleaved: each once a round, in another order each time.

    Args:
        kinds: of doors, beside the app's own process.
        taps: of each client in each round.
    """
    ways = [
        Way(kind, count)
        for kind in ("process", *kinds)
        for count in CLIENTS
        if count == 1 or kind not in OWN
    ]
    taken: dict[Way, list[list[float]]] = {way: [] for way in ways}
    carried: dict[Way, float] = {}
    answers: dict[int, str] = {}
    felt: list[tuple[list[float], list[float]]] = []
    draw = random.Random(1)
    turns: list[Way | None] = [*ways, None] if page else [*ways]
    with (
        _servers(model, [kind for kind in kinds if kind not in OWN]) as ports,
        _clients("client.py", max(CLIENTS), model, ports) as clients,
        _clients("browser.py", int("browser" in kinds), model, {}) as pages,
    ):
        asked = {way: (pages if way.door == "browser" else clients)[: way.clients] for way in ways}
        for way in ways:
            _tap(asked[way], way.door, WARM_TAPS)
        for _ in range(rounds):
            for way in draw.sample(turns, len(turns)):
                if way is None:
                    assert page is not None
                    felt.append(page.tap(-(-DEMO_TAPS // rounds)))
                    continue
                taken[way].append([])
                for number, said in enumerate(_tap(asked[way], way.door, taps)):
                    taken[way][-1] += [ns / 1000 for ns in said["ns"]]
                    carried[way] = said["bytes"]
                    if answers.setdefault(number, said["items"]) != said["items"]:
                        raise SystemExit(f"{NAMES[way.door]} answers otherwise than the file")
    seen = {way: _seen(taken[way], carried[way]) for way in ways}
    return seen, _felt(felt, len(page.requests)) if page else None


def _seen(rounds: list[list[float]], carried: float) -> Seen:
    """Microseconds of each round."""
    every = sorted(value for one in rounds for value in one)
    quiet = min(percentile(sorted(one), 0.5) for one in rounds)
    return Seen(quiet, percentile(every, 0.5), percentile(every, 0.95), carried)


def _felt(rounds: list[tuple[list[float], list[float]]], requests: int) -> Felt:
    """Milliseconds of each round."""
    calls = [value for _, one in rounds for value in one]
    return Felt(min(median(whole) for whole, _ in rounds), fmean(calls), len(calls), requests)


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
        for server in started:
            _end(server)


@contextmanager
def _clients(
    program: str, count: int, model: Path, ports: dict[str, int]
) -> Iterator[list[subprocess.Popen[str]]]:
    """They leave when nothing more can be asked, and take with them what they started."""
    started = []
    try:
        rows = entry_of(model).rows
        for number in range(count):
            client = _program(program)
            started.append(client)
            order = {"model": str(model), "items": rows - 1, "contexts": 256, "seed": number}
            _say(client, {**order, "ports": ports})
        for client in started:
            _line(client, program)
        yield started
    finally:
        for client in started:
            assert client.stdin is not None
            client.stdin.close()
        for client in started:
            try:
                client.wait(LEAVE_WITHIN_S)
            except subprocess.TimeoutExpired:
                _end(client)


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


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
