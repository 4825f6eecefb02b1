"""What rbench asks the ``benchmark_model`` tool on this host."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rbench.cells.target import Target
from rbench.profile.delegates import DELEGATES
from rbench.profile.fetching import Fetchable
from rbench.profile.result import Round
from rbench.profile.settings import ProfileSettings
from rbench.profile.tool import Found, Tool
from rbench.profile.tools.benchmark_model.program import PROGRAM


class BenchmarkModel(Tool):
    """TensorFlow Lite's native benchmark tool, as a process on this host."""

    word = "benchmark_model"
    meaning = "timed by TensorFlow Lite's benchmark tool; the tool on a phone"
    delegates = DELEGATES
    libraries = ("ai-edge-litert",)
    program = PROGRAM

    def time(
        self,
        settings: ProfileSettings,
        model: Path,
        target: Target,
        contexts: Path,
        number: int,
        folder: Path,
    ) -> Round:
        from rbench.profile.tools.benchmark_model.run import run

        return run(settings, model, target, contexts, number, folder)

    def build(self, target: Target) -> str:
        from rbench.profile.tools.benchmark_model.tool import present

        return present()

    def details(self, rounds: Sequence[Round]) -> dict[str, Any]:
        return {"tool_sha256": rounds[0].tool.removeprefix("sha256:")}

    def look(self) -> Iterable[Found]:
        from rbench.profile.tools.benchmark_model.doctor import tools

        return tools()

    def fetches(self) -> Iterable[Fetchable]:
        from rbench.profile.tools.benchmark_model.bringing import BenchmarkModelBuild

        return (BenchmarkModelBuild(),)
