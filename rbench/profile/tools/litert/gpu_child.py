"""The timing process of the ``litert`` tool on a GPU, a program of its own.

It runs the file through ai-edge-litert's CompiledModel. That one returns as soon as the work is
handed to the GPU, so a sample ends when all outputs have been read. It begins before the context
is written: on a GPU, bringing the input over is part of a query.

Its standard error must be a file that it can read: the delegate tells there what it does, see
`gpu_model`.
"""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path
from time import perf_counter_ns, time

from rbench.profile.refusal import RefusedError
from rbench.profile.tools.litert import compiled, gpu_model
from rbench.profile.tools.litert.child import asking, serve
from rbench.profile.tools.litert.run import Finished, Order

SOFTWARE_RUNS, SOFTWARE_WARMUP = 5, 1
"""Of a round on a software GPU: such times say nothing, more of them would say it again."""


def _round(order: Order) -> Finished:
    import numpy as np

    from rbench.profile import loop, queries, samples
    from rbench.profile.memory import PeakMemory
    from rbench.profile.result import Round
    from rbench.profile.stopwatch import calibrate
    from rbench.profile.surroundings import Watch
    from rbench.profile.tools.litert import interpreted

    with asking("refused the file"):
        interpreted.verify(order.model)
    contexts = queries.read(Path(order.contexts))
    offset = loop.first_context(order.number, order.rounds, len(contexts))
    ops, subgraphs = gpu_model.operators(Path(order.model))
    with loop.without_garbage_collection():
        memory = PeakMemory()
        began = perf_counter_ns()
        model = gpu_model.load(order.model, order.threads)
        load_ns = perf_counter_ns() - began
        query = compiled.query_of(model, contexts, whole=True)  # so that each sample is one
        with asking("could not run the file"):
            first_ns = query(offset)
        software = gpu_model.heard(model).software
        with asking("could not go on running the file"):
            warmup_runs = loop.warm_up(
                query,
                offset=offset + 1,
                runs=SOFTWARE_WARMUP if software else order.warmup_runs,
                nanoseconds=0 if software else order.warmup_ns,
            )
            peak = memory.growth_bytes()
            stopwatch = calibrate(model.get_num_signatures)
            started, watch = time(), Watch()
            share = loop.Share(
                runs=min(order.runs, SOFTWARE_RUNS) if software else order.runs,
                nanoseconds=0 if software else order.timed_ns,
                max_nanoseconds=order.max_timed_ns,
            )
            taken = loop.timed_runs(query, offset=offset, share=share)
            surroundings = watch.stop()
    found = gpu_model.taken(model, ops)
    if max(taken) > samples.LONGEST_NS:
        raise RefusedError(f"one inference took {max(taken) / 1e9:.1f} s: samples hold 4.2 s")
    column = np.array(taken, dtype=np.uint32)
    samples.write(Path(order.folder), column, query_ns=column)
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
            runtime=f"ai-edge-litert {version('ai-edge-litert')}, CompiledModel",
            timed="query",
            began=started,
            stopwatch=stopwatch,
            surroundings=surroundings,
        )
    )


if __name__ == "__main__":
    sys.exit(serve(_round))
