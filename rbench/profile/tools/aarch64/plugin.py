"""What rbench asks the ``aarch64`` tool."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from rbench.cells.target import Target
from rbench.errors import RbenchError
from rbench.profile.checking import Checker
from rbench.profile.delegates import CPU, XNNPACK
from rbench.profile.fetching import Fetchable
from rbench.profile.settings import ProfileSettings
from rbench.profile.tool import Found
from rbench.profile.tools.aarch64.settings import Aarch64Settings
from rbench.records import Check

if TYPE_CHECKING:
    from rbench.profile.checking import Answers


class Aarch64(Checker):
    """ai-edge-litert on an emulated 64-bit ARM processor, held to the answers of this host."""

    word = "aarch64"
    meaning = "answers on an emulated ARM processor compared with this host's; never timed"
    delegates = (CPU, XNNPACK)
    libraries = ("ai-edge-litert", "numpy")
    settings = Aarch64Settings

    def check(
        self, settings: ProfileSettings, model: Path, target: Target, contexts: Path
    ) -> Check:
        from rbench.profile.tools.aarch64.run import check

        return check(settings, self.own(settings), model, target, contexts)

    def answers(
        self, settings: ProfileSettings, model: Path, target: Target, contexts: Path
    ) -> Answers:
        from rbench.profile.tools.aarch64.run import answers

        return answers(settings, self.own(settings), model, target, contexts)

    def build(self, target: Target) -> str:
        from rbench.profile.tools.aarch64 import sysroot

        try:
            return sysroot.find(str(target)).build
        except RbenchError:
            return ""

    def longest_s(self, settings: ProfileSettings) -> float | None:
        return 2 * settings.timeout_seconds

    def look(self) -> Iterable[Found]:
        from rbench.profile.tools.aarch64.doctor import tools

        return tools()

    def fetches(self) -> Iterable[Fetchable]:
        from rbench.profile.tools.aarch64.bringing import Sysroot

        return (Sysroot(),)
