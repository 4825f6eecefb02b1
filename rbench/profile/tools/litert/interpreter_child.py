"""The timing process of the ``litert`` tool, a program of its own.

How it is asked and answers is in `child`; it leaves ``samples.npz`` in the order's folder.
It imports numpy and ai-edge-litert, and never TensorFlow: a process with another runtime in it is
not what is measured.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import perf_counter_ns, time
from typing import TYPE_CHECKING, Any, NamedTuple

from rbench.profile.delegates import backend_of
from rbench.profile.refusal import RefusedError
from rbench.profile.tools.litert.child import asking, serve
from rbench.profile.tools.litert.run import RESETTING, Finished, OpsOrder, Order, Profiled

if TYPE_CHECKING:
    from rbench.profile import loop
    from rbench.profile.loop import Query, Told
    from rbench.profile.queries import Queries

LIBRARY = "libLiteRt.so"
"""Where ai-edge-litert's own profiler is, beside its Python modules."""


def _round(order: Order) -> Finished:
    import numpy as np

    from rbench.profile import loop, queries, samples
    from rbench.profile.memory import PeakMemory
    from rbench.profile.result import Round
    from rbench.profile.stopwatch import calibrate
    from rbench.profile.surroundings import Watch
    from rbench.profile.tools.litert import delegation

    contexts = queries.read(Path(order.contexts))
    offset = loop.first_context(order.number, order.rounds, len(contexts))
    share = loop.Share(
        runs=-(-order.runs // order.instances),
        nanoseconds=-(-order.timed_ns // order.instances),
        max_nanoseconds=order.max_timed_ns // order.instances,
    )
    wholes = array("Q")
    """Nanoseconds of each whole query."""
    ready = WAYS[order.delegate]()  # imports the runtime, before anything is measured
    with loop.without_garbage_collection():
        memory = PeakMemory()
        query, load_ns, interface, interpreter = ready(order, contexts, wholes.append)
        with asking("could not run the file"):
            first_ns = query(offset)
            warmup_runs = loop.warm_up(
                query, offset=offset + 1, runs=order.warmup_runs, nanoseconds=order.warmup_ns
            )
        peak = memory.growth_bytes()
        graph = interpreter or _graph(order)
        found = delegation.observe(delegation.nodes_of(graph), backend_of(order.delegate))
        subgraphs = graph.num_subgraphs()
        stopwatch = calibrate(graph._interpreter.NumNodes)
        del graph, interpreter
        del wholes[:]  # of the warm-up
        began, watch = time(), Watch()
        with asking("could not go on running the file"):
            taken = loop.timed_runs(query, offset=offset, share=share)
            for _ in range(1, order.instances):
                query = ready(order, contexts, wholes.append).query
                loop.warm_up(query, offset=offset, runs=1, nanoseconds=order.warmup_ns // 10)
                del wholes[len(taken) :]
                taken += loop.timed_runs(query, offset=offset + len(taken), share=share)
            tap_us = _tap_us(order, contexts, share)
            update_us = _update_us(order, contexts, share)
        surroundings = watch.stop()
    if "tensorflow" in sys.modules:
        raise RefusedError("something imported TensorFlow into the timing process")
    if max(wholes) > samples.LONGEST_NS:
        raise RefusedError(f"one query took {max(wholes) / 1e9:.1f} s: samples hold 4.2 s")
    column = np.array(taken, dtype=np.uint32)
    samples.write(Path(order.folder), column, query_ns=np.array(wholes, dtype=np.uint32))
    return Finished(
        round=Round(
            number=order.number,
            runs=len(column),
            warmup_runs=warmup_runs,
            median_us=float(np.median(column)) / 1000,
            load_us=load_ns / 1000,
            first_us=first_ns / 1000,
            tap_us=tap_us,
            update_us=update_us,
            peak_memory_bytes=peak,
            memory_source=memory.source,
            delegation=found,
            subgraphs=subgraphs,
            contexts=len(contexts),
            offset=offset,
            runtime=f"ai-edge-litert {version('ai-edge-litert')}{interface}",
            instances=order.instances,
            began=began,
            stopwatch=stopwatch,
            surroundings=surroundings,
        )
    )


def _tap_us(order: Order, contexts: Queries, share: loop.Share) -> float:
    """Median of the file's signature `tap`, timed as the other one was; 0 where there is none."""
    from rbench.profile import loop, taps
    from rbench.profile.queries import CONTEXT

    if order.delegate not in RESETTING or CONTEXT not in contexts.arrays:
        return 0.0
    taken: array[int] = array("Q")
    for _ in range(order.instances):
        interpreter = _graph(order)
        if not taps.has_tap(interpreter):
            return 0.0
        query = taps.tap_query_of(interpreter, contexts.arrays[CONTEXT])
        loop.warm_up(query, offset=0, runs=order.warmup_runs, nanoseconds=order.warmup_ns // 10)
        taken += loop.timed_runs(query, offset=len(taken), share=share)
    return median(taken) / 1000


def _update_us(order: Order, contexts: Queries, share: loop.Share) -> float:
    """Median of one step of learning, timed likewise; 0 where the file does not learn."""
    from rbench.profile import loop, updates
    from rbench.profile.queries import CONTEXT

    known = contexts.arrays.get(CONTEXT, contexts.arrays.get(updates.ITEMS))
    if order.delegate not in RESETTING or known is None:
        return 0.0
    taken: array[int] = array("Q")
    for _ in range(order.instances):
        interpreter = _graph(order)
        if not updates.learns(interpreter):
            return 0.0
        query = updates.update_query_of(interpreter, known)
        loop.warm_up(query, offset=0, runs=order.warmup_runs, nanoseconds=order.warmup_ns // 10)
        taken += loop.timed_runs(query, offset=len(taken), share=share)
    return median(taken) / 1000


class _Ready(NamedTuple):
    """A file that can be asked."""

    query: Query
    load_ns: int
    interface: str = ""
    """Of the runtime, where it is not the interpreter."""
    interpreter: Any = None
    """That runs it, if one does."""


Prepare = Callable[["Order", "Queries", "Told"], _Ready]


def _interpreted() -> Prepare:
    from rbench.profile import loop
    from rbench.profile.tools.litert import interpreted

    def ready(order: Order, contexts: Queries, told: Told) -> _Ready:
        began = perf_counter_ns()
        with asking("refused the file"):
            interpreter = interpreted.load(order.model, order.delegate, order.threads)
        load_ns = perf_counter_ns() - began
        query = loop.query_of(interpreter, contexts, told)
        return _Ready(query, load_ns, interpreter=interpreter)

    return ready


def _cached() -> Prepare:
    """The interpreter cannot switch the weight cache on."""
    from rbench.profile.tools.litert import compiled, interpreted

    def ready(order: Order, contexts: Queries, told: Told) -> _Ready:
        with asking("refused the file"):
            interpreted.verify(order.model)
        began = perf_counter_ns()
        model = compiled.load_cached(order.model, order.threads)
        load_ns = perf_counter_ns() - began
        query = compiled.query_of(model, contexts, whole=False, told=told)
        return _Ready(query, load_ns, ", CompiledModel")

    return ready


WAYS = {"cpu": _interpreted, "xnnpack": _interpreted, "xnnpack_cached": _cached}
"""Delegate -> what imports the runtime and gives the way to load a file."""


def _ops(order: OpsOrder) -> Profiled:
    import ai_edge_litert

    from rbench.profile import loop, queries
    from rbench.profile.tools.litert import ops

    interpreter = _graph(order)
    contexts = queries.read(Path(order.contexts)).contexts(loop.places_of(interpreter))
    library = Path(ai_edge_litert.__file__).with_name(LIBRARY)
    made = ops.profiled(
        interpreter, library, Path(order.model), order.delegate, order.threads, contexts, order.runs
    )
    return Profiled(ops=made)


def _graph(order: Order | OpsOrder) -> Any:
    """An interpreter that tells what the delegate takes, with a weight cache or without."""
    from rbench.profile.tools.litert import interpreted

    with asking("refused the file"):
        return interpreted.load(order.model, order.delegate, order.threads)


if __name__ == "__main__":
    sys.exit(serve(_round, _ops))
