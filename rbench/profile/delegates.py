"""What runs operators in TensorFlow Lite's runtimes, for the tools that have them."""

from __future__ import annotations

from rbench.cells.delegate import Delegate, Variant

CPU = Delegate("cpu", "plain kernels on the CPU", takes="nothing", title="plain kernels")
XNNPACK = Delegate("xnnpack", "the XNNPACK delegate on the CPU", title="XNNPACK")
XNNPACK_CACHED = Delegate(
    "xnnpack_cached",
    "the same with its weight cache: equal weights are packed once",
    variant=Variant(
        XNNPACK.name,
        "Weight cache",
        "equal weights are packed once, not for every operator. An app switches the cache on where "
        "it makes the delegate.",
    ),
)
GPU = Delegate("gpu", "the GPU delegate", title="GPU")

DELEGATES = (CPU, XNNPACK, XNNPACK_CACHED, GPU)

SIMULATORS = ("swiftshader", "llvmpipe", "lavapipe", "microsoft basic render")
"""GPUs that are programs, by a part of their name, lower case."""


def backend_of(delegate: str) -> str:
    """Whose kernels one of them runs, by its name."""
    return next((one.backend for one in DELEGATES if one.name == delegate), delegate)
