"""What this host has to measure with: tools, delegates, GPU, phones, libraries. For ``doctor``."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version

from rbench import plugins
from rbench.cells import tools
from rbench.profile.tool import Found, Tool
from rbench.system.extras import EXTRAS, is_there

TOOLS = "tools"
LIBRARIES = {
    "numpy": ("numpy", ""),
    "jinja2": ("jinja2", "report"),
    "pandas": ("pandas", "report"),
    "plotly": ("plotly", "report"),
    "scipy": ("scipy", "sweep"),
    "ai_edge_litert": ("ai-edge-litert", "profile"),
    "backports.zstd": ("backports.zstd", "profile"),
    "tensorflow": ("tensorflow", "sweep"),
    "tf_keras": ("tf-keras", "sweep"),
    "tensorflow_model_optimization": ("tensorflow-model-optimization", "sweep"),
    "ai_edge_quantizer": ("ai-edge-quantizer", "sweep"),
    "pyarrow": ("pyarrow", "sweep"),
    "ray": ("ray", "ray"),
    "flwr": ("flwr", "federated"),
    "dp_accounting": ("dp-accounting", "federated"),
}
"""Module -> its package, and the extra that brings it; empty: rbench itself does."""


def look() -> list[Found]:
    """Look for everything. Nothing is measured; delegates are tried in processes of their own."""
    return [*_libraries(), *_tools()]


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


def _tools() -> Iterator[Found]:
    """What each says; those that measure on devices last."""
    every = [tool for tool in tools.installed() if isinstance(tool, Tool)]
    for tool in sorted(every, key=lambda one: bool(one.device)):
        try:
            yield from tool.look()
        except Exception as error:  # a stranger's may raise anything
            yield Found(group=TOOLS, name=tool.word, here=False, said=plugins.told(error))
    for name, lost in tools.broken().items():
        yield Found(group=TOOLS, name=name, here=False, said=str(lost))
