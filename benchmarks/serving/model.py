"""The file itself: one context in, items and scores out. What a server does for a request, and an
app for a tap.
"""

from __future__ import annotations

import sys
from array import array
from pathlib import Path
from typing import NamedTuple

SIGNATURE, CONTEXT, ITEMS, SCORES = "recommend", "context", "items", "scores"


class Shape(NamedTuple):
    """Of what is asked and answered."""

    length: int
    k: int


class Model:
    """A .tflite on XNNPACK with one thread."""

    def __init__(self, path: Path) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._interpreter = Interpreter(str(path), num_threads=1)
        self._interpreter.allocate_tensors()
        runner = self._interpreter.get_signature_runner(SIGNATURE)
        details = runner.get_input_details()[CONTEXT]
        outputs = runner.get_output_details()
        del runner  # it holds on to the interpreter's insides
        self._context = int(details["index"])
        self._items, self._scores = (int(outputs[name]["index"]) for name in (ITEMS, SCORES))
        self.shape = Shape(int(details["shape"][1]), int(outputs[ITEMS]["shape"][1]))

    def answer(self, context: bytes) -> tuple[bytes, bytes]:
        """int32 of a context -> int32 of the items, float32 of their scores; little endian."""
        import numpy as np

        interpreter = self._interpreter
        interpreter.reset_all_variables()
        interpreter.set_tensor(self._context, np.frombuffer(context, np.int32)[None])
        interpreter.invoke()
        items = interpreter.get_tensor(self._items)
        scores = interpreter.get_tensor(self._scores)
        return items.tobytes(), scores.tobytes()


def contexts(shape: Shape, items: int, count: int, seed: int) -> list[bytes]:
    """Made-up contexts of full length: ids from 1 to ``items``."""
    import random

    draw = random.Random(seed)
    return [
        array("i", [draw.randint(1, items) for _ in range(shape.length)]).tobytes()
        for _ in range(count)
    ]


assert sys.byteorder == "little", "the wire format of this benchmark is the machine's own"
