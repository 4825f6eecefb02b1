"""What rbench asks the ``browser`` tool, and those of one browser."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar

from rbench.cells.recipe import Recipe
from rbench.cells.target import Target
from rbench.errors import RbenchError
from rbench.profile.fetching import Fetchable
from rbench.profile.result import Round
from rbench.profile.settings import ProfileSettings
from rbench.profile.tool import Delegate, Found, Tool
from rbench.profile.tools.browser.settings import BrowserSettings

WASM = Delegate("wasm", "XNNPACK as WebAssembly, in a browser", takes="untold")
WEBGPU = Delegate("webgpu", "the GPU by WebGPU, in a browser", takes="untold")


class Browser(Tool):
    """LiteRT.js in a browser of this host."""

    word = "browser"
    meaning = "timed by LiteRT.js in a browser, in an isolated page"
    delegates = (WASM, WEBGPU)
    settings = BrowserSettings
    libraries = ("ai-edge-litert",)
    family: ClassVar[str] = ""
    """Which browser; empty: the first that is here."""

    def time(
        self,
        settings: ProfileSettings,
        model: Path,
        target: Target,
        contexts: Path,
        number: int,
        folder: Path,
    ) -> Round:
        from rbench.profile.tools.browser import browsers
        from rbench.profile.tools.browser.run import run

        browser, own = browsers.find(self.family), self.own(settings)
        build = self.build(target)
        return run(own, settings, browser, build, model, target, contexts, number, folder)

    def build(self, target: Target) -> str:
        from rbench import litertjs
        from rbench.profile.tools.browser import browsers

        try:
            version = browsers.find(self.family).version
        except RbenchError:
            return ""
        software = target.delegate == WEBGPU.name and browsers.software_chosen()
        return f"litertjs {litertjs.VERSION}, {version}" + ", swiftshader" * software

    def file_objection(self, model: Path, target: Target) -> str:
        from rbench.profile.state import kept

        if target.threads > 1:
            return f"LiteRT.js is timed on one thread: {target} asks for {target.threads}"
        variables = kept(model).variables
        if variables:
            return (
                f"LiteRT.js: variable tensors are not yet supported, and the file has {variables}; "
                "take the recipe's unrolled form: unrolled+…"
            )
        return ""

    def objection(self, recipe: Recipe, target: Target) -> str:
        if target.threads > 1:
            return f"LiteRT.js is timed on one thread: {target} asks for {target.threads}"
        return ""

    def details(self, rounds: Sequence[Round]) -> dict[str, Any]:
        return {"browser": [round_.state for round_ in rounds]}

    def look(self) -> Iterable[Found]:
        from rbench.profile.tools.browser.doctor import found

        return found()

    def fetches(self) -> Iterable[Fetchable]:
        from rbench.profile.tools.browser.bringing import LiteRtJs

        return (LiteRtJs(),)


class Chromium(Browser):
    """The same in Chromium, or a browser that is made of it."""

    word = "chromium"
    meaning = "the same in Chromium, or a browser made of it"
    family = "chromium"

    def look(self) -> Iterable[Found]:
        return ()


class Firefox(Browser):
    """The same in Firefox."""

    word = "firefox"
    meaning = "the same in Firefox"
    family = "firefox"

    def look(self) -> Iterable[Found]:
        return ()
