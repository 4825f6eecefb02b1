"""The runtime's JavaScript as one text: its packages import each other by names that no browser
knows without a bundler.
"""

from __future__ import annotations

import re

from rbench.errors import ToolError
from rbench.litertjs.bringing import VERSION, Runtime

_EXPORT = re.compile(r"^export \{([^}]*)\};\n?", re.MULTILINE)
_IMPORT = re.compile(r'^import \{ createWasmLib \} from "@litertjs/wasm-utils";\n', re.MULTILINE)
_MAP = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)


def _parts(runtime: Runtime) -> tuple[str, str]:
    """Its code without imports and exports, and what it exports."""
    loader = runtime.path(1, "dist/bundle.js").read_text("utf-8")
    core = runtime.path(0, "dist/index.js").read_text("utf-8")
    exported = _EXPORT.search(core)
    if not (exported and _EXPORT.search(loader) and _IMPORT.search(core)):
        raise ToolError(f"not the LiteRT.js {VERSION} that rbench knows", where=str(runtime.folder))
    code = _EXPORT.sub("", loader) + _IMPORT.sub("", _EXPORT.sub("", core))
    return _MAP.sub("", code), " ".join(exported[1].split())


def module(runtime: Runtime) -> str:
    """As one ES module."""
    code, names = _parts(runtime)
    return f"{code}\nexport {{ {names} }};\n"


def script(runtime: Runtime, name: str = "LiteRt") -> str:
    """As one classic script that makes a global object, for pages and workers alike."""
    code, names = _parts(runtime)
    return f"self.{name} = (() => {{\n{code}\nreturn {{ {names} }};\n}})();\n"
