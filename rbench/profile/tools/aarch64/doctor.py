"""What ``rbench doctor`` says of the emulated arm64 machine."""

from __future__ import annotations

from collections.abc import Iterator

from rbench.errors import Unsupported
from rbench.profile.tool import Found
from rbench.profile.tools.aarch64 import sysroot

GROUP = "tools"


def tools() -> Iterator[Found]:
    """The emulator and the sysroot: both are needed, and one line says what is."""
    try:
        found = sysroot.find("")
    except Unsupported as error:
        yield Found(group=GROUP, name="aarch64", here=False, said=error.what, remedy=error.remedy)
        return
    yield Found(
        group=GROUP, name="aarch64", here=True, said=f"{found.build}: answers, never a latency"
    )
