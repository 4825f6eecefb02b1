"""The runtime behind the stand-in of LiteRT's Android API: one file, asked line by line.

    python runtime.py MODEL THREADS

A line is words separated by tabs, its answer ``ok`` or ``error`` and a text. It knows numpy and
ai-edge-litert, and nothing of rbench.
"""

import os
import sys

import numpy as np
from ai_edge_litert.interpreter import Interpreter


def main() -> None:
    """Load it, and answer until standard input ends."""
    model, threads = sys.argv[1:]
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def say(kind: str, text: str) -> None:
        print(kind, " ".join(text.split()), sep="\t", file=answers, flush=True)

    try:
        interpreter = Interpreter(model, num_threads=int(threads))
        interpreter.allocate_tensors()
        places = {name: _places(interpreter, name) for name in interpreter.get_signature_list()}
        for known in places.values():
            interpreter._interpreter.AllocateTensors(next(iter(known.values()))["graph"])
    except (ValueError, RuntimeError) as error:
        return say("error", str(error))
    say("ok", "")
    for line in sys.stdin:
        word, *rest = line.rstrip("\n").split("\t")
        try:
            say("ok", _do(interpreter, places, word, *rest))
        except (ValueError, RuntimeError, KeyError) as error:
            say("error", f"{word}: {error}")
    return None


def _places(interpreter: Interpreter, signature: str) -> dict[tuple[str, str], dict]:
    runner = interpreter.get_signature_runner(signature)
    sides = {"input": runner.get_input_details(), "output": runner.get_output_details()}
    return {
        (side, name): {
            "index": int(one["index"]),
            "dtype": one["dtype"],
            "shape": one["shape"],
            "graph": int(runner._subgraph_index),
        }
        for side, named in sides.items()
        for name, one in named.items()
    }


def _do(interpreter, places, word: str, signature: str = "", name: str = "", text: str = "") -> str:
    if word == "reset":
        interpreter.reset_all_variables()
        return ""
    known, runtime = places[signature], interpreter._interpreter
    graph = next(iter(known.values()))["graph"]
    if word in ("input", "output"):
        one = known[word, name]
        return f"{np.dtype(one['dtype']).name.upper()} {','.join(map(str, one['shape']))}"
    if word == "set":
        one = known["input", name]
        values = np.array([float(value) for value in text.split(",")]).astype(one["dtype"])
        runtime.SetTensor(one["index"], values[None], graph)
        return ""
    if word == "run":
        runtime.Invoke(graph)
        return ""
    if word == "get":
        values = runtime.GetTensor(known["output", name]["index"], graph)[0]
        return ",".join(repr(value) for value in values.tolist())
    raise ValueError("no such word")


if __name__ == "__main__":
    main()
