"""What ``rbench doctor`` says of browsers."""

from __future__ import annotations

from collections.abc import Iterator

from rbench import litertjs
from rbench.errors import ToolError, Unsupported
from rbench.profile.tool import Found
from rbench.profile.tools.browser import browsers

GROUP = "browsers"


def found() -> Iterator[Found]:
    """Which browsers are here, and the runtime that they need."""
    for family in browsers.NAMES:
        try:
            one = browsers.find(family)
            yield Found(group=GROUP, name=family, here=True, said=f"{one.version}, {one.path}")
        except Unsupported as error:
            remedy = f"apt-get install {'firefox-esr' if family == 'firefox' else family}"
            yield Found(group=GROUP, name=family, here=False, said=error.what, remedy=remedy)
    name = f"LiteRT.js {litertjs.VERSION}"
    try:
        runtime = litertjs.fetched()
        said = f"{runtime.folder}, sha256 {runtime.sha256[:12]}"
        yield Found(group=GROUP, name=name, here=True, said=said)
    except ToolError as error:
        yield Found(group=GROUP, name=name, here=False, said=error.what, remedy=error.remedy)
