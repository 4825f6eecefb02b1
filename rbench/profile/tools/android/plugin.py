"""What rbench asks the ``benchmark_model`` tool on phones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rbench.cells.target import Target
from rbench.profile.delegates import DELEGATES
from rbench.profile.result import Round
from rbench.profile.settings import ProfileSettings
from rbench.profile.tool import Attached, Found, Tool


class Android(Tool):
    """TensorFlow Lite's native benchmark tool on a phone, over adb."""

    word = "benchmark_model"
    meaning = "timed by TensorFlow Lite's benchmark tool; the tool on a phone"
    delegates = DELEGATES
    device = "SERIAL"
    device_meaning = "on the phone with that adb serial; this host if left out"
    no_device = (
        "no phone is attached: plug one in, switch on USB debugging in its developer options, and "
        "accept the question on its screen"
    )
    implied = True
    concerned_by = ("phone_cores", "cool_below_celsius", "cool_down_seconds")
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
        from rbench.profile.tools.android.run import run

        return run(settings, model, target, contexts, number, folder)

    def build(self, target: Target) -> str:
        from rbench.profile.tools.benchmark_model.tool import present

        return present(phones=True)

    def machine(self, target: Target) -> str:
        return f"phone {target.device}"

    def doubts(self, settings: ProfileSettings, rounds: Sequence[Round]) -> Iterable[str]:
        from rbench.profile.tools.android.doubts import doubts

        return doubts(settings, rounds)

    def details(self, rounds: Sequence[Round]) -> dict[str, Any]:
        """How the phone was, one value per round."""
        return {
            "tool_sha256": rounds[0].tool.removeprefix("sha256:"),
            "phone": [round_.state for round_ in rounds],
        }

    def longest_s(self, settings: ProfileSettings) -> float | None:
        """Another sweep may be at its turn there."""
        return None

    def look(self) -> Iterable[Found]:
        from rbench.profile.tools.android.phones import found

        return found()

    def attached(self) -> Iterable[Attached]:
        from rbench.profile.tools.android.phones import attached

        return attached()
