"""What rbench asks the ``litert`` tool."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rbench.cells.target import Target
from rbench.profile.delegates import DELEGATES, GPU, XNNPACK
from rbench.profile.result import Round
from rbench.profile.settings import ProfileSettings
from rbench.profile.tool import Found, Tool
from rbench.records import Delegation


class Litert(Tool):
    """ai-edge-litert on this host."""

    word = "litert"
    meaning = "timed by ai-edge-litert; the tool on this host if left out"
    delegates = DELEGATES
    implied = True
    concerned_by = ("instances", "op_runs")
    libraries = ("ai-edge-litert",)

    def time(
        self,
        settings: ProfileSettings,
        model: Path,
        target: Target,
        contexts: Path,
        number: int,
        folder: Path,
    ) -> Round:
        from rbench.profile.tools.litert.run import run

        return run(settings, model, target, contexts, number, folder)

    def adapter(self, target: Target) -> str:
        from rbench.profile.tools.litert import gpus

        return gpus.find().name if target.delegate == GPU.name else ""

    def counted(self) -> Iterable[str]:
        from rbench.profile.tools.litert import gpus

        return (XNNPACK.name, GPU.name) if gpus.find().name else (XNNPACK.name,)

    def nodes(self, model: Path, delegate: str) -> Delegation:
        from rbench.profile.tools.litert.nodes import nodes_taken

        return nodes_taken(model, delegate)

    def look(self) -> Iterable[Found]:
        from rbench.profile.tools.litert.doctor import delegates

        return delegates()
