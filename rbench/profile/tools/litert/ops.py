"""Where the time goes, operator by operator: the runtime's own profiler, in a pass of its own.

Profiling makes every query longer, so its latency is thrown away and only the shares are worth
reading. What the profiler saw counts only if it is the graph that was timed: each operator that the
interpreter has, or that its delegate left behind, must have run as often as it stands there.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from statistics import median
from typing import TYPE_CHECKING, Any

from rbench.profile.result import REST, Ops
from rbench.profile.tools.litert import delegation
from rbench.profile.tools.litert.runtime import (
    INSIDE,
    OPERATOR,
    PLAIN,
    WHOLE,
    Event,
    Runtime,
    RuntimeRefusalError,
)

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

WARM_UP = 20
"""Queries before the profiler starts."""
SOURCE = (
    "LiteRT's own profiler, in a pass of its own; read the shares, the profiler's cost is in them"
)
LONGEST = 1.5
"""Times the median, beyond which a query is left out."""


def profiled(
    interpreter: Any,
    library: Path,
    model: Path,
    delegate: str,
    threads: int,
    contexts: NDArray[np.int32],
    runs: int,
) -> Ops:
    """Profile a file.

    Args:
        interpreter: of the same file and delegate, with its tensors allocated: what is timed.
        contexts: int32 (count, length), asked in turn.
    """
    asked = [contexts[run % len(contexts)][None] for run in range(runs)]
    try:
        runtime = Runtime(library, model, delegate, threads, _tensors(interpreter))
        for context in asked[:WARM_UP]:
            runtime.run(context)
        events = list(runtime.profiled(asked))
    except RuntimeRefusalError as error:
        return Ops(runs=runs, reason=str(error))
    return summed(events, runs, standing(interpreter, delegate))


def standing(interpreter: Any, delegate: str) -> Counter[str]:
    """Operator -> nodes of it that run outside a delegate."""
    nodes = delegation.nodes_of(interpreter)
    if delegate == "cpu":
        return Counter(node.op for node in nodes)
    return Counter(delegation.observe(nodes, delegate).left_behind)


def summed(events: Iterable[Event], runs: int, nodes: Counter[str]) -> Ops:
    """Means per query, by operator, and `REST`; a delegate's own operators by its names for them.

    Queries that took half as long again as the median one are left out: a process that loses its
    core in the middle of an operator says nothing about that operator.

    Args:
        nodes: operator -> how often a query must have run it outside a delegate.
    """
    queries: list[tuple[int, list[Event]]] = []
    for event in events:
        if (event.kind, event.tag) == (PLAIN, WHOLE):
            queries.append((event.us, []))
        elif event.kind in (OPERATOR, INSIDE) and queries:
            queries[-1][1].append(event)
    if len(queries) != runs:
        return Ops(runs=runs, reason=f"the profiler saw {len(queries)} of {runs} queries")
    longest = LONGEST * median(whole for whole, _ in queries)
    kept = [(whole, inside) for whole, inside in queries if whole <= longest]
    us: defaultdict[str, int] = defaultdict(int)
    for _, inside in kept:
        seen = Counter(event.tag for event in inside if event.kind == OPERATOR)
        if seen != nodes:
            odd = sorted(op for op in seen | nodes if seen[op] != nodes[op])
            return Ops(runs=runs, reason=f"the profiler saw another graph ({', '.join(odd)})")
        for event in inside:
            us[event.tag] += event.us
    total, whole = sum(us.values()), sum(whole for whole, _ in kept)
    if not 0 < total <= whole:
        return Ops(runs=runs, reason=f"operators take {total} of {whole} us")
    us[REST] = whole - total
    return Ops(
        source=SOURCE,
        runs=len(kept),
        us={op: spent / len(kept) for op, spent in sorted(us.items()) if spent},
        whole_us=whole / len(kept),
    )


def _tensors(interpreter: Any) -> dict[str, Any]:
    """Details of inputs and outputs by the names that signatures give them, or the tensors' own."""
    found = {}
    signatures = interpreter.get_signature_list()
    if signatures:
        runner = interpreter.get_signature_runner(next(iter(signatures)))
        found = {**runner.get_input_details(), **runner.get_output_details()}
    every = [*interpreter.get_input_details(), *interpreter.get_output_details()]
    return {entry["name"]: entry for entry in every} | found
