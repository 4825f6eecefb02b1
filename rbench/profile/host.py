"""What this host has to measure with: tools, delegates, GPU, phones, libraries. For ``doctor``."""

from __future__ import annotations

import os
import shutil
from importlib.metadata import version
from pathlib import Path

import msgspec

from rbench.cells.target import backend_of
from rbench.errors import RbenchError, StageError, Unsupported
from rbench.profile import gpus, software_gpu
from rbench.profile.android import adb
from rbench.profile.benchmark_model import tool as benchmark_model
from rbench.profile.nodes import nodes_taken
from rbench.system.extras import EXTRAS, is_there


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked for."""

    group: str
    """``tools``, ``delegates``, ``phones``, ``libraries``."""
    name: str
    here: bool
    said: str = ""
    """Version and place; or why it is not here."""
    remedy: str = ""
    """How to get it."""
    needed: bool = False
    """Whether no sweep can run without it."""
    software: bool = False
    """A GPU that is a program on the CPU."""


LIBRARIES = {
    "numpy": ("numpy", ""),
    "pandas": ("pandas", ""),
    "plotly": ("plotly", ""),
    "scipy": ("scipy", "sweep"),
    "ai_edge_litert": ("ai-edge-litert", "profile"),
    "backports.zstd": ("backports.zstd", "profile"),
    "tensorflow": ("tensorflow", "sweep"),
    "tf_keras": ("tf-keras", "sweep"),
    "tensorflow_model_optimization": ("tensorflow-model-optimization", "sweep"),
    "ai_edge_quantizer": ("ai-edge-quantizer", "sweep"),
    "pyarrow": ("pyarrow", "sweep"),
}
"""Module -> its package, and the extra that brings it; empty: rbench itself does."""


def look() -> list[Found]:
    """Look for everything. Nothing is measured; delegates are tried in processes of their own."""
    litert = is_there("ai_edge_litert")
    return [*_libraries(), *_tools(), *(_delegates() if litert else []), *_phones()]


def _libraries() -> list[Found]:
    found = []
    for module, (package, extra) in LIBRARIES.items():
        here, name = is_there(module), f"rbench[{extra}]" if extra else "rbench"
        found.append(
            Found(
                group="libraries",
                name=package,
                here=here,
                said=f"{version(package)} ({name})" if here else "",
                remedy="" if here else f"pip install '{name}'",
                needed=module in EXTRAS["sweep"] or not extra,
            )
        )
    return found


def _tools() -> list[Found]:
    name = f"{benchmark_model.NAME} (native)"
    try:
        path = benchmark_model.find("")
        said = f"{path}, sha256 {benchmark_model.build_hash(path)[:12]}, {_origin(path)}"
        return [_native(path, name, said)]
    except Unsupported as error:
        return [Found(group="tools", name=name, here=False, said=error.what, remedy=error.remedy)]
    except OSError as error:
        return [Found(group="tools", name=name, here=False, said=str(error))]


def _native(path: Path, name: str, said: str) -> Found:
    """An executable is the tool if it says so itself."""
    try:
        benchmark_model.help_of(path, "")
    except StageError as error:
        said = f"{said}: {error.what}"
        return Found(group="tools", name=name, here=False, said=said, remedy=error.remedy)
    return Found(group="tools", name=name, here=True, said=said)


def _origin(path: Path) -> str:
    named = os.environ.get(benchmark_model.VARIABLE, "")
    if named:
        return f"named by {benchmark_model.VARIABLE}"
    on_path = shutil.which(benchmark_model.NAME)
    return "on the PATH" if on_path and Path(on_path).resolve() == path else "fetched"


def _delegates() -> list[Found]:
    found = []
    with gpus.addition() as model:
        for delegate in ("cpu", "xnnpack", "xnnpack_cached"):
            needed = delegate == backend_of(delegate)
            try:
                nodes_taken(model, delegate)
                made = Found(group="delegates", name=delegate, here=True, said="works")
            except RbenchError as error:
                said = str(error)
                made = Found(group="delegates", name=delegate, here=False, said=said, needed=needed)
            found.append(made)
    return [*found, _gpu()]


def _gpu() -> Found:
    gpu = gpus.find()
    if not gpu.name:
        return Found(group="delegates", name="gpu", here=False, said=gpu.reason, remedy=gpu.remedy)
    said = (
        f"{gpu.name}: a software GPU, for correctness, never a latency"
        if gpu.software
        else gpu.name
    )
    chosen = f", by {software_gpu.VARIABLE}" if gpu.software and software_gpu.chosen() else ""
    return Found(
        group="delegates", name="gpu", here=True, said=said + chosen, software=gpu.software
    )


def _phones() -> list[Found]:
    try:
        program, attached = adb.find(), adb.attached()
    except RbenchError as error:
        return [Found(group="phones", name="adb", here=False, said=error.what, remedy=error.remedy)]
    return [
        Found(group="phones", name="adb", here=True, said=f"{program}, {len(attached)} phones"),
        *(
            Found(
                group="phones",
                name=phone.serial,
                here=not phone.trouble[0],
                said=f"{phone.model or 'a phone'} {phone.trouble[0]}".strip(),
                remedy=phone.trouble[1],
            )
            for phone in attached
        ),
    ]
