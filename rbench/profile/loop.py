"""The timed loop.

A sample is one inference: the time between asking the runtime to run and its answer, on the
monotonic clock in nanoseconds. Outside of it, before each run, a real context is written to
the input and the variable tensors are reset (the state of a fused recurrent layer survives a
run); after it, all outputs are read. In an app the copies are a few hundred bytes in native
code; here they would be a microsecond of Python, a third of the time of a small model. What the
whole query took, all of these included, is told beside it: two more looks at the clock, both
outside of the sample.

The runtime's wrapper is called below Python's own ``Interpreter.invoke``, whose check for live
views costs 0.15 us more and has nothing to check here.
"""

from __future__ import annotations

import gc
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, NamedTuple

from rbench.profile.queries import CONTEXT, InputSpec, Queries

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rbench.profile.settings import ProfileSettings

Query = Callable[[int], int]
"""Ask with the context of that number, modulo their count; nanoseconds of what is timed."""
Told = Callable[[int], object]
"""Is told the nanoseconds of each whole query: input set, state reset, run, outputs read."""


def nobody(nanoseconds: int) -> None:
    """Nobody wants to know."""


def query_of(interpreter: Any, contexts: NDArray[np.int32] | Queries, told: Told = nobody) -> Query:
    """The query to time. Afterwards the interpreter belongs to it: its own ``invoke`` refuses.

    Args:
        interpreter: with its tensors allocated.
        contexts: what it is asked; int32 (count, length) where its one input is int32 [1, length].

    Raises:
        RefusedError: that is not what it takes.
    """
    asked = contexts if isinstance(contexts, Queries) else Queries({CONTEXT: contexts})
    rows = asked.rows(places_of(interpreter))
    indices = [entry["index"] for entry in interpreter.get_input_details()]
    values = [list(zip(indices, row, strict=True)) for row in rows]
    exits = [output["index"] for output in interpreter.get_output_details()]
    count = len(values)
    write, reset, read = (
        interpreter.set_tensor,
        interpreter.reset_all_variables,
        interpreter.get_tensor,
    )
    invoke = interpreter._interpreter.Invoke
    clock = perf_counter_ns

    def query(number: int) -> int:
        asked = clock()
        for place, value in values[number % count]:
            write(place, value)
        reset()
        began = clock()
        invoke()
        ended = clock()
        for output in exits:
            read(output)
        told(clock() - asked)
        return ended - began

    return query


def places_of(interpreter: Any) -> list[InputSpec]:
    """An interpreter's inputs, in their order."""
    import numpy as np

    return [
        InputSpec(entry["name"], np.dtype(entry["dtype"]).name, tuple(map(int, entry["shape"])))
        for entry in interpreter.get_input_details()
    ]


PATIENCE_NS = 2_000_000_000
"""A warm-up does not wait longer for its runs: a file that is asked so slowly is warm by then."""


def first_context(number: int, rounds: int, contexts: int) -> int:
    """Where a round begins among the contexts: they lie as far apart as can be, and a further round
    than ``rounds`` begins beside an earlier one's.
    """
    rounds = max(rounds, 1)
    return number * contexts // rounds + number // rounds


def warm_up(query: Query, *, offset: int, runs: int, nanoseconds: int) -> int:
    """Run until both are met, uncounted; after `PATIENCE_NS` the time is enough.

    Returns:
        How many runs that were.
    """
    done = 0
    began = perf_counter_ns()
    until, latest = began + nanoseconds, began + PATIENCE_NS
    while (now := perf_counter_ns()) < until or (done < runs and now < latest):
        query(offset + done)
        done += 1
    return done


class Share(NamedTuple):
    """How long one instance is timed. The work between its inferences does not count."""

    runs: int
    """At least."""
    nanoseconds: int
    """At least."""
    max_nanoseconds: int
    """Then it is cut, even short of the other two; so it is after twice that with the work between,
    which is most of a query where an input is as large as a photo."""


def share_of(settings: ProfileSettings, instances: int = 1) -> Share:
    """One round's share of a cell's protocol, or an instance's of a round's."""
    runs = -(-settings.min_runs // settings.rounds)
    nanoseconds = round(settings.min_seconds / settings.rounds * 1e9)
    most = round(settings.max_seconds / settings.rounds * 1e9)
    return Share(-(-runs // instances), -(-nanoseconds // instances), most // instances)


def timed_runs(query: Query, *, offset: int, share: Share) -> array[int]:
    """Run for one instance's share, but once at least.

    Returns:
        Nanoseconds per run.
    """
    runs, nanoseconds, most = share
    samples = array("Q")
    spent = 0
    latest = perf_counter_ns() + 2 * most
    while not samples or (
        spent < most and (spent < nanoseconds or len(samples) < runs) and perf_counter_ns() < latest
    ):
        taken = query(offset + len(samples))
        samples.append(taken)
        spent += taken
    return samples


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Keep Python's collector out of the samples."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
