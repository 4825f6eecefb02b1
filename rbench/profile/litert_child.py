"""The timing process of the ``litert`` tool: ``python -m rbench.profile.litert_child``.

It reads one `Order` as JSON on standard input, answers with one `Finished` or `Refusal` on what
was its standard output, and leaves ``samples.npz`` in the order's folder. It imports numpy and
ai-edge-litert, and never TensorFlow: a process with another runtime in it is not what is measured.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from time import perf_counter_ns, time
from typing import TYPE_CHECKING, Any

import msgspec

from rbench.guard import die_with_parent
from rbench.profile.litert import Finished, Order, Refusal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RESOLVERS = {"cpu": "BUILTIN_WITHOUT_DEFAULT_DELEGATES", "xnnpack": "BUILTIN"}
"""Delegate -> op resolver. The second one brings XNNPACK as the runtime's default delegate."""


class _RefusedError(Exception):
    """The round cannot be done; the text says why."""


def main() -> int:
    """Do one round."""
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    die_with_parent(order.parent)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        answer: Finished | Refusal = _round(order)
    except _RefusedError as error:
        answer = Refusal(reason=str(error))
    except OSError as error:
        answer = Refusal(
            reason=str(error), errno=error.errno or 0, file=str(error.filename or order.folder)
        )
    answers.write(msgspec.json.encode(answer))
    answers.close()
    return 0


def _round(order: Order) -> Finished:
    import numpy as np
    from ai_edge_litert import interpreter as litert

    from rbench.profile import delegation, loop, samples
    from rbench.profile.memory import PeakMemory
    from rbench.profile.result import Round
    from rbench.profile.stopwatch import calibrate
    from rbench.profile.surroundings import Watch

    contexts = _contexts(Path(order.contexts))
    offset = order.number * len(contexts) // max(order.rounds, 1)
    share = loop.Share(
        runs=-(-order.runs // order.instances),
        nanoseconds=-(-order.timed_ns // order.instances),
        max_nanoseconds=order.max_timed_ns // order.instances,
    )
    with loop.without_garbage_collection():
        memory = PeakMemory()
        interpreter, load_ns = _load(litert, order)
        _check_input(interpreter, contexts)
        query = loop.query_of(interpreter, contexts)
        with _asking("could not run the file"):
            first_ns = query(offset)
            warmup_runs = loop.warm_up(
                query, offset=offset + 1, runs=order.warmup_runs, nanoseconds=order.warmup_ns
            )
        peak = memory.growth_bytes()
        found = delegation.observe(delegation.nodes_of(interpreter), order.delegate)
        stopwatch = calibrate(interpreter._interpreter.NumNodes)
        began, watch = time(), Watch()
        with _asking("could not go on running the file"):
            taken = loop.timed_runs(query, offset=offset, share=share)
            for _ in range(1, order.instances):
                interpreter, _ = _load(litert, order)
                query = loop.query_of(interpreter, contexts)
                loop.warm_up(query, offset=offset, runs=1, nanoseconds=order.warmup_ns // 10)
                taken += loop.timed_runs(query, offset=offset + len(taken), share=share)
        surroundings = watch.stop()
    if "tensorflow" in sys.modules:
        raise _RefusedError("something imported TensorFlow into the timing process")
    if max(taken) > samples.LONGEST_NS:
        raise _RefusedError(f"one inference took {max(taken) / 1e9:.1f} s: samples hold 4.2 s")
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
            subgraphs=interpreter.num_subgraphs(),
            contexts=len(contexts),
            offset=offset,
            runtime=f"ai-edge-litert {version('ai-edge-litert')}",
            instances=order.instances,
            began=began,
            stopwatch=stopwatch,
            surroundings=surroundings,
        )
    )


def _contexts(path: Path) -> NDArray[np.int32]:
    """int32 (count, length)."""
    import numpy as np

    try:
        contexts: NDArray[np.int32] = np.load(path)
    except (OSError, ValueError, EOFError) as error:
        raise _RefusedError(f"cannot read the contexts: {_line(error)}") from error
    if contexts.dtype != np.int32 or contexts.ndim != 2 or not contexts.size:
        raise _RefusedError(
            f"the contexts are {contexts.dtype} {contexts.shape}, not int32 (count, length)"
        )
    return np.ascontiguousarray(contexts)


def _load(litert: Any, order: Order) -> tuple[Any, int]:
    """The interpreter, ready to run, and the nanoseconds that took."""
    resolver = litert.OpResolverType[RESOLVERS[order.delegate]]
    began = perf_counter_ns()
    with _asking("refused the file"):
        interpreter = litert.Interpreter(
            model_path=order.model,
            num_threads=order.threads,
            experimental_op_resolver_type=resolver,
        )
        interpreter.allocate_tensors()
    return interpreter, perf_counter_ns() - began


def _check_input(interpreter: Any, contexts: NDArray[np.int32]) -> None:
    """One context must be what the file takes."""
    import numpy as np

    entries = interpreter.get_input_details()
    takes = ", ".join(f"{np.dtype(e['dtype'])} {[int(n) for n in e['shape']]}" for e in entries)
    wanted = f"int32 {[1, contexts.shape[1]]}"
    if takes != wanted:
        raise _RefusedError(f"the file takes {takes or 'nothing'}, the contexts are {wanted}")


@contextmanager
def _asking(failed: str) -> Iterator[None]:
    """Turn what the runtime raises into a refusal that says what failed."""
    try:
        yield
    except (RuntimeError, ValueError) as error:
        raise _RefusedError(f"the runtime {failed}: {_line(error)}") from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


if __name__ == "__main__":
    sys.exit(main())
