"""A client: a process of its own that taps when it is told to, and tells what each tap took.

It reads one JSON order a line, ``{"door": KIND or "process", "taps": N}``, and answers each with
one line: ``ns``, the nanoseconds of each tap; ``bytes`` of one; ``items``, a hash of what came.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from time import perf_counter_ns

sys.path.append(str(Path(__file__).resolve().parents[2]))

from benchmarks.serving.doors import KNOCKS, Knock
from benchmarks.serving.model import Model, contexts


def main() -> None:
    """Serve orders until standard input ends."""
    given = json.loads(sys.stdin.readline())
    model = Model(Path(given["model"]))
    asked = contexts(model.shape, given["items"], given["contexts"], given["seed"])

    def here(context: bytes) -> tuple[bytes, int]:
        return model.answer(context)[0], 0

    knocks: dict[str, Knock] = {"process": here}
    for kind, port in given["ports"].items():
        knocks[kind] = KNOCKS[kind](port, model.shape)
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        knock, taken, seen = knocks[order["door"]], [], hashlib.sha256()
        carried = 0
        for number in range(order["taps"]):
            context = asked[number % len(asked)]
            began = perf_counter_ns()
            items, size = knock(context)
            taken.append(perf_counter_ns() - began)
            seen.update(items)
            carried += size
        said = {"ns": taken, "bytes": carried / order["taps"], "items": seen.hexdigest()}
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
