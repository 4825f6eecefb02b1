"""The signature `tap` of a file, asked as an app asks it: item after item, each with the state that
the one before handed on.
"""

from __future__ import annotations

from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

from rbench.signatures import ITEM, STATE, TAP

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rbench.profile.loop import Query


def has_tap(interpreter: Any) -> bool:
    """Whether a file has that signature."""
    return TAP in interpreter.get_signature_list()


def tap_query_of(interpreter: Any, contexts: NDArray[np.int32]) -> Query:
    """The query to time: one tap. Context after context is gone through item by item, and each
    begins with an empty history.

    What is timed is the same as of a whole context, from asking the runtime to run until it has
    answered.

    Args:
        interpreter: of a file that has the signature.
        contexts: int32 ``(count, length)``, padded on the left with 0.
    """
    import numpy as np

    runner = interpreter.get_signature_runner(TAP)
    graph, ends = runner._subgraph_index, runner.get_input_details()
    left = {name: int(one["index"]) for name, one in runner.get_output_details().items()}
    del runner  # it holds on to the interpreter's insides
    state_in, item_in = int(ends[STATE]["index"]), int(ends[ITEM]["index"])
    empty = np.zeros(ends[STATE]["shape"], np.float32)
    runtime = interpreter._interpreter
    runtime.AllocateTensors(graph)
    taps = [
        (np.array([[item]], np.int32), place == 0)
        for context in contexts
        for place, item in enumerate(context[context > 0])
    ]
    taps = taps or [(np.zeros((1, 1), np.int32), True)]
    count, state_out = len(taps), left[STATE]
    answers = [place for name, place in left.items() if name != STATE]
    write, invoke, read = runtime.SetTensor, runtime.Invoke, runtime.GetTensor
    clock = perf_counter_ns
    state = empty

    def query(number: int) -> int:
        nonlocal state
        item, first = taps[number % count]
        write(state_in, empty if first else state, graph)
        write(item_in, item, graph)
        began = clock()
        invoke(graph)
        ended = clock()
        state = read(state_out, graph)
        for place in answers:
            read(place, graph)
        return ended - began

    return query
