"""A file through ai-edge-litert's interpreter: plain kernels, and XNNPACK without its weight cache.

`compiled` is the runtime's other interface. Importing this module imports the runtime, which is no
part of loading a file.
"""

from __future__ import annotations

from typing import Any

from ai_edge_litert import interpreter as litert

from rbench.profile.delegates import backend_of

RESOLVERS = {"cpu": "BUILTIN_WITHOUT_DEFAULT_DELEGATES", "xnnpack": "BUILTIN"}
"""Backend -> op resolver. The second one brings XNNPACK as the runtime's default delegate."""


def verify(path: str) -> None:
    """Let the runtime look for offsets that lead out of the file, as `load` does by itself.

    CompiledModel does not look: it follows them, and may take all memory before it dies.

    Raises:
        RuntimeError, ValueError: there are some, or operators that the runtime does not have.
    """
    litert.Interpreter(
        model_path=path, experimental_op_resolver_type=litert.OpResolverType[RESOLVERS["cpu"]]
    )


def load(path: str, delegate: str, threads: int) -> Any:
    """The interpreter with its tensors allocated. For ``xnnpack_cached`` it has no cache, but takes
    the same nodes.

    Raises:
        RuntimeError, ValueError: the runtime refused the file.
    """
    interpreter = litert.Interpreter(
        model_path=path,
        num_threads=threads,
        experimental_op_resolver_type=litert.OpResolverType[RESOLVERS[backend_of(delegate)]],
    )
    interpreter.allocate_tensors()
    return interpreter
