"""The signature `update` of a file that learns, asked as an app does: with what `recommend` said.

What `recommend` says of each context is asked once, before anything is timed; then the file learns
from one after the other, each with an item from its own list taken.
"""

from __future__ import annotations

from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

from rbench.signatures import FED, INPUT, NEXT, OUTPUT_ITEMS, SIGNATURE, UPDATE, USER

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rbench.profile.loop import Query

ITEMS = INPUT
"""The context's name where contexts do not stand alone."""
MOST = 64
"""Contexts that are asked beforehand."""


def learns(interpreter: Any) -> bool:
    """Whether a file has that signature, and takes a context and nothing else but the state."""
    if UPDATE not in interpreter.get_signature_list():
        return False
    return set(interpreter.get_signature_runner(SIGNATURE).get_input_details()) <= {INPUT, USER}


def update_query_of(interpreter: Any, contexts: NDArray[np.int32]) -> Query:
    """The query to time: one step of learning.

    Args:
        interpreter: of a file that `learns`.
        contexts: int32 ``(count, length)``, padded on the left with 0.
    """
    import numpy as np

    ends = {key: _ends(interpreter, key) for key in (SIGNATURE, UPDATE)}
    runtime = interpreter._interpreter
    (asking, given, told), (learning, taken, left) = ends[SIGNATURE], ends[UPDATE]
    shapes = {detail["index"]: detail["shape"] for detail in interpreter.get_input_details()}
    nobody = np.zeros(shapes[given[USER]], np.float32) if USER in given else None
    said = []
    for context in contexts[:MOST]:
        runtime.SetTensor(given[INPUT], np.ascontiguousarray(context[None], np.int32), asking)
        if nobody is not None:
            runtime.SetTensor(given[USER], nobody, asking)
        runtime.Invoke(asking)
        answer = {name: runtime.GetTensor(told[name], asking).copy() for name in FED}
        answer[NEXT] = answer[OUTPUT_ITEMS][:, -1:].copy()
        said.append([(taken[name], value) for name, value in answer.items()])
    if nobody is not None:
        runtime.SetTensor(taken[USER], nobody, learning)
    count, after = len(said), left[USER]
    write, invoke, read = runtime.SetTensor, runtime.Invoke, runtime.GetTensor
    clock = perf_counter_ns

    def query(number: int) -> int:
        for place, value in said[number % count]:
            write(place, value, learning)
        began = clock()
        invoke(learning)
        ended = clock()
        read(after, learning)
        return ended - began

    return query


def _ends(interpreter: Any, key: str) -> tuple[int, dict[str, int], dict[str, int]]:
    """A signature's graph, and the tensors of its inputs and outputs by name."""
    runner = interpreter.get_signature_runner(key)
    graph = int(runner._subgraph_index)
    given, told = (
        {name: int(one["index"]) for name, one in details.items()}
        for details in (runner.get_input_details(), runner.get_output_details())
    )
    del runner  # it holds on to the interpreter's insides
    interpreter._interpreter.AllocateTensors(graph)
    return graph, given, told
