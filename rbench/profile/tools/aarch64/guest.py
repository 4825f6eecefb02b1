"""What runs a file, on this host and on the emulated machine alike: a program of its own.

It knows Python, numpy and ai-edge-litert, and nothing of rbench: the emulated machine has no more.
It reads one order, JSON, on standard input, leaves what the file answered in the order's
``answers``, an ``.npz`` with an array (queries, …) for each output of the signature, and writes
what it saw of the machine as JSON to standard output. Libraries' own words go to standard error.
"""

from __future__ import annotations

import json
import os
import struct
import sys
from pathlib import Path
from typing import Any

AT_HWCAP2 = 26


def main() -> int:
    """Do it; what cannot be done ends in Python's own words on standard error."""
    order = json.load(sys.stdin)
    said = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    sys.path.insert(0, order["libraries"])
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(
        order["model"],
        num_threads=order["threads"],
        experimental_op_resolver_type=OpResolverType[order["resolver"]],
    )
    interpreter.allocate_tensors()
    signatures = sorted(interpreter.get_signature_list())
    if order["signature"] in signatures:
        answer(interpreter, order)
    inner = interpreter._interpreter
    nodes = [inner.NodeName(index) for index in range(inner.NumNodes())]
    json.dump(
        {
            "machine": os.uname().machine,
            "hwcap2": hwcap2(),
            "delegated": "DELEGATE" in nodes,
            "signatures": signatures,
        },
        said,
    )
    said.flush()
    return 0


def answer(interpreter: Any, order: dict[str, Any]) -> None:
    """Ask all, each with its state set back."""
    import numpy as np

    runner = interpreter.get_signature_runner(order["signature"])
    inputs = {name: int(one["index"]) for name, one in runner.get_input_details().items()}
    outputs = {name: int(one["index"]) for name, one in runner.get_output_details().items()}
    del runner  # it holds on to the interpreter's insides
    with np.load(order["queries"]) as archive:
        asked = {name: archive[name] for name in inputs}
    answers: dict[str, list[Any]] = {name: [] for name in outputs}
    for row in range(len(next(iter(asked.values())))):
        interpreter.reset_all_variables()
        for name, place in inputs.items():
            interpreter.set_tensor(place, asked[name][row : row + 1])
        interpreter.invoke()
        for name, place in outputs.items():
            answers[name].append(interpreter.get_tensor(place)[0])
    stacked: dict[str, Any] = {name: np.stack(rows) for name, rows in answers.items()}
    np.savez(order["answers"], **stacked)


def hwcap2() -> int:
    """What the kernel says of the processor; 0 where it says nothing."""
    try:
        vector = Path("/proc/self/auxv").read_bytes()
    except OSError:
        return 0
    usable = len(vector) // 16 * 16
    return next(
        (value for kind, value in struct.iter_unpack("QQ", vector[:usable]) if kind == AT_HWCAP2), 0
    )


if __name__ == "__main__":
    sys.exit(main())
