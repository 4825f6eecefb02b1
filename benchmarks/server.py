"""Server against device, measured: the table of docs/server-or-device.md.

    pip install -r benchmarks/server-requirements.txt
    python benchmarks/server.py MODEL.tflite [--rounds 8] [--taps 300] [--demo PAGE] [--json FILE]

One file answers the same contexts in the client's own process, in a page of a browser, behind a
raw TCP socket, behind FastAPI on uvicorn and behind gRPC (Python's asyncio server), on loopback, to
1 and, where it is a server, to 8 clients. Every way takes its turn in each round, in another order
each time, so that whatever else the machine does hits all alike; ratios are of the quietest rounds;
all answers are compared. Round trips of networks are added as what others published, see
`benchmarks/serving/networks.py`: that part is arithmetic, and marked so.
``--demo`` takes a page of `rbench demo` and taps on it in Chromium, in turn with the others, for
what a tap takes until its list is painted; ``--paint-ms`` says what that takes elsewhere.
A kind whose library is not installed is left out, and said. Takes about a minute.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console

sys.path.append(str(Path(__file__).resolve().parents[1]))  # benchmarks; rbench is the installed one

from benchmarks.serving import browser
from benchmarks.serving.doors import NEEDS
from benchmarks.serving.measuring import NAMES, measure
from benchmarks.serving.telling import Told, document, show
from benchmarks.taps import opened

WIDE = 190


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
    with opened(given.demo) if given.demo else nullcontext() as page:
        kinds = _kinds(console)
        seen, found = measure(given.model, kinds, given.rounds, given.taps, page)
    paint_ms = found.paint_ms if found else given.paint_ms
    told = Told(given.model, seen, found, paint_ms, given.rounds, given.taps)
    show(console, told)
    if given.json:
        given.json.write_text(json.dumps(document(told), indent=1))


def _kinds(console: Console) -> list[str]:
    """The doors whose libraries are here; the others are said."""
    without = browser.missing()
    if without:
        console.print(f"left out: {NAMES['browser']}: {without}")
    here = [kind for kind, needs in NEEDS.items() if all(map(find_spec, needs))]
    for kind in NEEDS:
        if kind not in here:
            console.print(f"left out: {NAMES[kind]} is not installed")
    return here if without else ["browser", *here]


if __name__ == "__main__":
    main()
