"""A file on the GPU, through ai-edge-litert's CompiledModel.

To be called in a process whose standard error is a file that it can read: the delegate tells there,
and nowhere else, what it does. CompiledModel itself calls a model fully accelerated also where the
GPU gave up and the CPU does all of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rbench.profile.refusal import NoGpuError, RefusedError
from rbench.profile.tools.litert import gpu_log
from rbench.profile.tools.litert.compiled import check_variables, said
from rbench.records import Delegation


def operators(model: Path) -> tuple[Counter[str], int]:
    """Operator -> how often it stands in the first graph, and how many graphs there are.

    Raises:
        RefusedError: the file cannot be read.
    """
    from ai_edge_litert import schema_py_generated as schema

    known = {value: name for name, value in vars(schema.BuiltinOperator).items()}
    try:
        root = schema.Model.GetRootAs(model.read_bytes(), 0)
        codes = [root.OperatorCodes(n) for n in range(root.OperatorCodesLength())]
        names = [max(code.BuiltinCode(), code.DeprecatedBuiltinCode()) for code in codes]
        graph = root.Subgraphs(0)
        used = [graph.Operators(n).OpcodeIndex() for n in range(graph.OperatorsLength())]
        ops = Counter(known.get(names[n], f"BUILTIN_{names[n]}") for n in used)
        return ops, root.SubgraphsLength()
    except OSError:
        raise
    except Exception as error:  # offsets in a damaged file lead anywhere
        raise RefusedError(f"no sound .tflite: {type(error).__name__}: {error}") from error


def load(path: str, threads: int) -> Any:
    """The model on the GPU; what the GPU leaves runs on the CPU.

    Args:
        threads: of the CPU.

    Raises:
        NoGpuError: there is none.
        UnsupportedError: the file has variable tensors.
        RefusedError: the delegate refused the file.
    """
    from ai_edge_litert import compiled_model as litert

    wanted = litert.Options(
        hardware_accelerators=litert.HardwareAccelerator.GPU | litert.HardwareAccelerator.CPU,
        cpu_options=litert.CpuOptions(num_threads=threads),
    )
    try:
        return litert.CompiledModel.from_file(path, options=wanted)
    except (RuntimeError, ValueError) as error:
        heard = gpu_log.read(said())
        if heard.no_adapter:
            raise NoGpuError('no GPU here: ai-edge-litert says "No adapters found"') from error
        check_variables()
        words = "; ".join((*heard.remarks, *heard.faults)) or " ".join(str(error).split())
        raise RefusedError(f"the GPU delegate refused the file: {words}") from error


def heard(model: Any) -> gpu_log.Heard:
    """What the delegate said so far, unless that is that no GPU ran.

    Raises:
        RefusedError: none did, or the model fell back to the CPU.
    """
    found = gpu_log.read(said())
    if not found.adapter:
        raise RefusedError("the runtime does not say that it uses a GPU: no adapter was selected")
    if found.faults:
        raise RefusedError(
            "the model fell back to the CPU though the runtime "
            + ("calls it fully accelerated: " if model.is_fully_accelerated() else "went on: ")
            + "; ".join((*found.remarks, *found.faults))
        )
    return found


def taken(model: Any, ops: Mapping[str, int]) -> Delegation:
    """Which operators the GPU took.

    Args:
        ops: operator -> how often it stands in the graph.

    Raises:
        RefusedError: as `heard`.
    """
    return gpu_log.delegation(heard(model), ops, bool(model.is_fully_accelerated()))
