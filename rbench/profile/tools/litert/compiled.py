"""A file through ai-edge-litert's CompiledModel, the runtime's interface beside its interpreter.

To be used in a process whose standard error is a file that it can read: the runtime tells there,
and nowhere else, what it refuses and what it gave up. Importing this module imports the runtime,
which is no part of loading a file.
"""

from __future__ import annotations

import os
from math import prod
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

from ai_edge_litert import compiled_model as litert

from rbench.profile.loop import nobody
from rbench.profile.refusal import RefusedError, UnsupportedError

if TYPE_CHECKING:
    from rbench.profile.loop import Query, Told
    from rbench.profile.queries import Queries

IN_MEMORY = ":memory"
"""What the runtime calls a weight cache that is in no file."""
_VARIABLES = "Variable tensors not yet supported"
_NO_CACHE = "weight cache could neither be loaded"


def load_cached(path: str, threads: int) -> Any:
    """The model on XNNPACK, with a weight cache in memory: equal weights are packed once, where
    XNNPACK otherwise packs those of every operator anew.

    Raises:
        UnsupportedError: the file has variable tensors, or the cache cannot be had here.
        RefusedError: the runtime refused the file.
    """
    options = litert.Options(
        hardware_accelerators=litert.HardwareAccelerator.CPU,
        cpu_options=litert.CpuOptions(num_threads=threads, xnnpack_weight_cache_path=IN_MEMORY),
    )
    try:
        model = litert.CompiledModel.from_file(path, options=options)
    except (RuntimeError, ValueError) as error:
        check_variables()
        raise RefusedError(
            f"the runtime refused the file: {' '.join(str(error).split())}"
        ) from error
    if _NO_CACHE in said():
        raise UnsupportedError(
            "XNNPACK cannot keep a weight cache in memory on this system and went on without "
            "(XNNPACK)"
        )
    return model


def check_variables() -> None:
    """After a model did not load.

    Raises:
        UnsupportedError: because it has variable tensors.
    """
    if _VARIABLES in said():
        raise UnsupportedError(
            f'ai-edge-litert\'s CompiledModel says "{_VARIABLES}", the state of a fused recurrent '
            "layer is one: use the unrolled form (ai-edge-litert)"
        )


def query_of(model: Any, contexts: Queries, *, whole: bool, told: Told = nobody) -> Query:
    """The query to time.

    Args:
        model: a CompiledModel.
        told: of each whole query.
        whole: whether writing the context and reading all outputs is part of a sample. It has to
            be on a GPU, where running returns as soon as the work is handed over.

    Raises:
        RefusedError: the contexts are not what the file takes.
    """
    from rbench.profile.queries import InputSpec

    (key, ends), *_ = model.get_signature_list().items()
    takes, gives = model.get_input_tensor_details(key), model.get_output_tensor_details(key)
    details = [takes[name] for name in ends["inputs"]]
    rows = contexts.rows(
        [InputSpec(d["name"], str(d["dtype"]), tuple(map(int, d["shape"]))) for d in details]
    )
    index = model.get_signature_index(key)
    entries, exits = model.create_input_buffers(index), model.create_output_buffers(index)
    named = [gives[name] for name in ends["outputs"]]
    reads = [
        (buffer.read, int(prod(detail["shape"])), detail["dtype"])
        for buffer, detail in zip(exits, named, strict=True)
    ]
    writes = [entry.write for entry in entries]
    count, run, clock = len(rows), model.run_by_index, perf_counter_ns

    def query(number: int) -> int:
        asked = clock()
        for write, value in zip(writes, rows[number % count], strict=True):
            write(value)
        began = clock()
        run(index, entries, exits)
        ended = clock()
        for read, numbers, kind in reads:
            read(numbers, kind)
        taken = clock() - asked
        told(taken)
        return taken if whole else ended - began

    return query


def said() -> str:
    """All that was written to this process's standard error, if that is a file."""
    try:
        return os.pread(2, os.fstat(2).st_size, 0).decode(errors="replace")
    except OSError:
        return ""
