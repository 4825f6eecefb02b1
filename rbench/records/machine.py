"""This machine, as a record knows it."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path
from typing import Any

from rbench.records import Machine

_CPUINFO = Path("/proc/cpuinfo")
_GOVERNOR = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
_PRODUCT = Path("/sys/class/dmi/id/product_name")
_CPU_LIMIT = Path("/sys/fs/cgroup/cpu.max")
_MEMORY_LIMIT = Path("/sys/fs/cgroup/memory.max")
_BOOSTS = {
    Path("/sys/devices/system/cpu/cpufreq/boost"): {"1": True, "0": False},
    Path("/sys/devices/system/cpu/intel_pstate/no_turbo"): {"0": True, "1": False},
}
"""File -> what it says of a clock that rises and falls with heat and company."""
_CONTAINER_MARKS = (Path("/.dockerenv"), Path("/run/.containerenv"))
INSTRUCTIONS = frozenset(
    {"sse4_2", "avx", "avx2", "fma", "avx_vnni", "avx512f", "avx512_vnni", "avx512_fp16"}
    | {"amx_int8", "asimd", "asimdhp", "asimddp", "i8mm", "bf16", "sve", "sve2"}
)
"""Extensions that decide which kernels a runtime picks."""


def machine() -> Machine:
    """What a timing depends on. Cheap: reads a few files, starts no process.

    All that changes from call to call (the load) or from boot to boot (the governor) is in
    ``details``, which are no part of the machine's identity.
    """
    said = _cpuinfo()
    return Machine(
        name=platform.node() or "unknown",
        cpu=_cpu(said),
        cores=usable_cores(),
        memory_bytes=_memory(),
        system=f"{platform.system()} {platform.release()} {platform.machine()}".strip(),
        python=platform.python_version(),
        details=_details(said),
    )


def _cpuinfo() -> dict[str, str]:
    """First value of each key of /proc/cpuinfo; empty elsewhere."""
    found: dict[str, str] = {}
    for line in _text(_CPUINFO).splitlines():
        key, colon, value = line.partition(":")
        if colon:
            found.setdefault(key.strip(), value.strip())
    return found


def _cpu(said: dict[str, str]) -> str:
    for key in ("model name", "Model", "Hardware", "cpu model"):
        if said.get(key):
            return said[key]
    if said.get("CPU part"):
        return f"implementer {said.get('CPU implementer', '?')} part {said['CPU part']}"
    if sys.platform == "darwin":
        return _sysctl("machdep.cpu.brand_string") or platform.machine()
    return platform.processor() or platform.machine() or "unknown"


def _sysctl(name: str) -> str:
    """A string that macOS's kernel tells; empty where it does not."""
    import ctypes

    size = ctypes.c_size_t(256)
    buffer = ctypes.create_string_buffer(size.value)
    failed = ctypes.CDLL(None).sysctlbyname(name.encode(), buffer, ctypes.byref(size), None, 0)
    return "" if failed else buffer.value.decode(errors="replace")


def usable_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return 0


def _details(said: dict[str, str]) -> dict[str, Any]:
    flags = (said.get("flags") or said.get("Features") or "").split()
    found = {
        "kernel": platform.version(),
        "governor": _text(_GOVERNOR).strip(),
        "boost": _boost(),
        "load_average": _load(),
        "container": any(mark.exists() for mark in _CONTAINER_MARKS)
        or any(word in _text(Path("/proc/1/cgroup")) for word in ("docker", "kubepods", "lxc")),
        "virtual": "hypervisor" in flags,
        "product": _text(_PRODUCT).strip(),
        "cpu_limit": _text(_CPU_LIMIT).strip(),
        "memory_limit": _text(_MEMORY_LIMIT).strip(),
        "instructions": sorted(INSTRUCTIONS.intersection(flags)),
    }
    return {key: value for key, value in found.items() if value not in ("", None, [])}


def _boost() -> bool | None:
    """Whether the processor may clock higher for a while; None where the system does not tell."""
    said = (words.get(_text(path).strip()) for path, words in _BOOSTS.items())
    return next((found for found in said if found is not None), None)


def _load() -> list[float]:
    """Over the last 1, 5 and 15 minutes."""
    try:
        return [round(value, 2) for value in os.getloadavg()]
    except OSError:
        return []


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
