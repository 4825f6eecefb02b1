"""What ``rbench doctor`` says of ai-edge-litert's delegates."""

from __future__ import annotations

from collections.abc import Iterator

from rbench.errors import RbenchError
from rbench.profile.delegates import CPU, GPU, XNNPACK, XNNPACK_CACHED
from rbench.profile.tool import Found
from rbench.profile.tools.litert import gpus, software_gpu
from rbench.profile.tools.litert.nodes import nodes_taken
from rbench.system.extras import is_there

GROUP = "delegates"


def delegates() -> Iterator[Found]:
    """Each tried on a graph of one operator, in a process of its own; nothing without the runtime,
    which the libraries tell.
    """
    if not is_there("ai_edge_litert"):
        return
    with gpus.addition() as model:
        for delegate in (CPU, XNNPACK, XNNPACK_CACHED):
            needed = delegate.variant is None
            try:
                nodes_taken(model, delegate.name)
                made = Found(group=GROUP, name=delegate.name, here=True, said="works")
            except RbenchError as error:
                said = str(error)
                made = Found(group=GROUP, name=delegate.name, here=False, said=said, needed=needed)
            yield made
    yield _gpu()


def _gpu() -> Found:
    gpu = gpus.find()
    if not gpu.name:
        return Found(group=GROUP, name=GPU.name, here=False, said=gpu.reason, remedy=gpu.remedy)
    said = (
        f"{gpu.name}: a software GPU, for correctness, never a latency"
        if gpu.software
        else gpu.name
    )
    chosen = f", by {software_gpu.VARIABLE}" if gpu.software and software_gpu.chosen() else ""
    return Found(group=GROUP, name=GPU.name, here=True, said=said + chosen, software=gpu.software)
