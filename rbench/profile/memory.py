"""Peak resident memory of this process, from a chosen moment on."""

from __future__ import annotations

import sys
from pathlib import Path

_STATUS = Path("/proc/self/status")
_CLEAR_REFS = Path("/proc/self/clear_refs")
_RESET_PEAK = "5"


class PeakMemory:
    """Growth of the peak since this object was made.

    Linux lets a process set its peak (VmHWM) back to what it holds now. Where that is refused the
    peak so far, imports included, is the ground to grow from, so that small models can seem free.
    """

    def __init__(self) -> None:
        self.source, self._ground = _begin()

    def growth_bytes(self) -> int:
        """Bytes by which the peak has grown."""
        return max(0, _peak() - self._ground)


def _begin() -> tuple[str, int]:
    if not _STATUS.exists():
        return "ru_maxrss", _peak()
    try:
        _CLEAR_REFS.write_text(_RESET_PEAK)
    except OSError:
        return "VmHWM, not reset", _peak()
    return "VmHWM, reset before loading", _peak()


def _peak() -> int:
    if _STATUS.exists():
        for line in _STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
