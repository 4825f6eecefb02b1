"""The timing process of the ``litert`` tool: ``python -m rbench.profile.litert_child``.

How it is asked and answers is in `rbench.profile.child`; it leaves ``samples.npz`` in the order's
folder. It imports numpy and ai-edge-litert, and never TensorFlow: a process with another runtime
in it is not what is measured.
"""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path
from time import perf_counter_ns, time
from typing import TYPE_CHECKING, Any, NamedTuple

from rbench.profile.child import asking, serve
from rbench.profile.litert import Finished, OpsOrder, Order, Profiled
from rbench.profile.refusal import RefusedError
from rbench.target import backend_of

if TYPE_CHECKING:
    from rbench.profile.loop import Query
    from rbench.profile.queries import Queries

RESOLVERS = {
    "cpu": "BUILTIN_WITHOUT_DEFAULT_DELEGATES",
    "xnnpack": "BUILTIN",
    "xnnpack_cached": "BUILTIN",
}
"""Delegate -> op resolver. ``BUILTIN`` brings XNNPACK as the runtime's default delegate."""

LIBRARY = "libLiteRt.so"
"""Where ai-edge-litert's own profiler is, beside its Python modules."""


def _round(order: Order) -> Finished:
    import numpy as np
    from ai_edge_litert import interpreter as litert

    from rbench.profile import delegation, loop, queries, samples
    from rbench.profile.memory import PeakMemory
    from rbench.profile.result import Round
    from rbench.profile.stopwatch import calibrate
    from rbench.profile.surroundings import Watch

    contexts = queries.read(Path(order.contexts))
    offset = order.number * len(contexts) // max(order.rounds, 1)
    share = loop.Share(
        runs=-(-order.runs // order.instances),
        nanoseconds=-(-order.timed_ns // order.instances),
        max_nanoseconds=order.max_timed_ns // order.instances,
    )
    ready = _cached if order.delegate == "xnnpack_cached" else _interpreted
    with loop.without_garbage_collection():
        memory = PeakMemory()
        query, load_ns, interpreter = ready(litert, order, contexts)
        with asking("could not run the file"):
            first_ns = query(offset)
            warmup_runs = loop.warm_up(
                query, offset=offset + 1, runs=order.warmup_runs, nanoseconds=order.warmup_ns
            )
        peak = memory.growth_bytes()
        graph = interpreter or _load(litert, order)[0]
        found = delegation.observe(delegation.nodes_of(graph), backend_of(order.delegate))
        subgraphs = graph.num_subgraphs()
        stopwatch = calibrate(graph._interpreter.NumNodes)
        del graph, interpreter
        began, watch = time(), Watch()
        with asking("could not go on running the file"):
            taken = loop.timed_runs(query, offset=offset, share=share)
            for _ in range(1, order.instances):
                query = ready(litert, order, contexts).query
                loop.warm_up(query, offset=offset, runs=1, nanoseconds=order.warmup_ns // 10)
                taken += loop.timed_runs(query, offset=offset + len(taken), share=share)
        surroundings = watch.stop()
    if "tensorflow" in sys.modules:
        raise RefusedError("something imported TensorFlow into the timing process")
    if max(taken) > samples.LONGEST_NS:
        raise RefusedError(f"one inference took {max(taken) / 1e9:.1f} s: samples hold 4.2 s")
    column = np.array(taken, dtype=np.uint32)
    samples.write(Path(order.folder), column)
    return Finished(
        round=Round(
            number=order.number,
            runs=len(column),
            warmup_runs=warmup_runs,
            median_us=float(np.median(column)) / 1000,
            load_us=load_ns / 1000,
            first_us=first_ns / 1000,
            peak_memory_bytes=peak,
            memory_source=memory.source,
            delegation=found,
            subgraphs=subgraphs,
            contexts=len(contexts),
            offset=offset,
            runtime=f"ai-edge-litert {version('ai-edge-litert')}{INTERFACES[ready]}",
            instances=order.instances,
            began=began,
            stopwatch=stopwatch,
            surroundings=surroundings,
        )
    )


class _Ready(NamedTuple):
    """A file that can be asked."""

    query: Query
    load_ns: int
    interpreter: Any = None
    """That runs it, if one does."""


def _interpreted(litert: Any, order: Order, contexts: Queries) -> _Ready:
    from rbench.profile import loop

    interpreter, load_ns = _load(litert, order)
    return _Ready(loop.query_of(interpreter, contexts), load_ns, interpreter)


def _cached(litert: Any, order: Order, contexts: Queries) -> _Ready:
    """The interpreter cannot switch the weight cache on; it takes the same nodes without."""
    from rbench.profile import compiled

    began = perf_counter_ns()
    model = compiled.load_cached(order.model, order.threads)
    load_ns = perf_counter_ns() - began
    return _Ready(compiled.query_of(model, contexts, whole=False), load_ns)


INTERFACES = {_interpreted: "", _cached: ", CompiledModel"}
"""What a round's runtime is called beside its version."""


def _ops(order: OpsOrder) -> Profiled:
    import ai_edge_litert
    from ai_edge_litert import interpreter as litert

    from rbench.profile import loop, ops, queries

    interpreter, _ = _load(litert, order)
    contexts = queries.read(Path(order.contexts)).contexts(loop.places_of(interpreter))
    library = Path(ai_edge_litert.__file__).with_name(LIBRARY)
    made = ops.profiled(
        interpreter, library, Path(order.model), order.delegate, order.threads, contexts, order.runs
    )
    return Profiled(ops=made)


def _load(litert: Any, order: Order | OpsOrder) -> tuple[Any, int]:
    """The interpreter, ready to run, and the nanoseconds that took."""
    resolver = litert.OpResolverType[RESOLVERS[order.delegate]]
    began = perf_counter_ns()
    with asking("refused the file"):
        interpreter = litert.Interpreter(
            model_path=order.model,
            num_threads=order.threads,
            experimental_op_resolver_type=resolver,
        )
        interpreter.allocate_tensors()
    return interpreter, perf_counter_ns() - began


if __name__ == "__main__":
    sys.exit(serve(_round, _ops))
