"""What the host answers to the contexts: XNNPACK, in a process of its own. Reads an order as JSON
on standard input, writes an ``.npz`` with one array (count, *shape) for each output.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import msgspec

from rbench.system.guard import die_with_parent

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked."""

    model: str
    contexts: str
    parent: int


def main() -> None:
    """Answer one order."""
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    die_with_parent(order.parent)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    import io
    from pathlib import Path

    import numpy as np
    from ai_edge_litert.interpreter import Interpreter

    from rbench.profile import loop, queries

    # Without a word of delegates it takes XNNPACK.
    interpreter = Interpreter(order.model, num_threads=1)
    interpreter.allocate_tensors()
    asked = queries.read(Path(order.contexts)).contexts(loop.places_of(interpreter))
    place = interpreter.get_input_details()[0]["index"]
    signatures = interpreter.get_signature_list()
    outputs = interpreter.get_output_details()
    runner = interpreter.get_signature_runner(next(iter(signatures))) if signatures else None
    names = {one["name"]: one["index"] for one in outputs}
    found: dict[str, list[NDArray[Any]]] = {}
    for context in asked:
        interpreter.reset_all_variables()
        if runner is not None:
            read = runner(**{next(iter(runner.get_input_details())): context[None]})
        else:
            interpreter.set_tensor(place, context[None])
            interpreter.invoke()
            read = {name: interpreter.get_tensor(index) for name, index in names.items()}
        for name, value in read.items():
            found.setdefault(name, []).append(np.array(value))
    packed = io.BytesIO()
    arrays: dict[str, NDArray[Any]] = {name: np.stack(values) for name, values in found.items()}
    np.savez(packed, contexts_=asked, **arrays)  # type: ignore[arg-type]
    answers.write(packed.getvalue())
    answers.close()


if __name__ == "__main__":
    main()
